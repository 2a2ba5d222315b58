"""An OpenAI-compatible server on this machine, with faults: for tests."""

from __future__ import annotations

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class ChatServer:
    """Answers chat completions; each fault strikes once for each question, before it is answered.

    Attributes:
        calls: How many requests came.
        keys: The keys that they had.
        questions: What was asked.
        logprobs: Given a question that asks for them, the alternatives to the first token, (token, log-probability).
        refuse: Given a question, the status and the message with which it is refused; None where it is not.
        pause: Seconds before an answer, or without one where that is the fault.
    """

    def __init__(
        self, reply, faults=(), tools=True, refuse=lambda question: None, usage=True, pause=0.0, logprobs=None
    ):
        self.reply, self.faults, self.tools, self.refuse = reply, faults, tools, refuse
        self.usage, self.pause, self.logprobs = usage, pause, logprobs
        self.calls, self.keys, self.questions = 0, set(), []
        self._struck = {}
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                outer._answer(self)

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, handler):
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        question = json.loads(body)
        with self._lock:
            self.calls += 1
            self.keys.add(handler.headers["Authorization"])
            self.questions.append(question)
            struck = self._struck.setdefault(body, 0)
            self._struck[body] += 1
        fault = self.faults[struck] if struck < len(self.faults) else ""
        key = handler.headers["Authorization"]
        refusal = self.refuse(question)
        time.sleep(self.pause)
        if fault in ("429", "500", "401", "400"):
            self._send(handler, int(fault), {"error": {"message": f"no: {key}", "type": "x"}}, {"Retry-After": "0"})
        elif fault == "slow":
            time.sleep(0.6)
            handler.close_connection = True
        elif fault == "cut":
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", "500")
            handler.end_headers()
            handler.wfile.write(b'{"choices": [')
            handler.close_connection = True
        elif fault == "malformed":
            self._send(handler, 200, b'{"choices": [}')
        elif fault == "empty":
            self._send(handler, 200, {"choices": []})
        elif refusal:
            self._send(handler, refusal[0], {"error": {"message": refusal[1], "type": "x"}})
        elif question.get("tools") and not self.tools:
            self._send(handler, 400, {"error": {"message": "tools are not supported", "type": "x"}})
        else:
            self._send(handler, 200, self._message(question))

    def _message(self, question):
        said = self.reply(question)
        message = {"role": "assistant", "content": said}
        if question.get("tools"):
            call = {"name": "say", "arguments": said}
            message = {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "1", "type": "function", "function": call}],
            }
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        if self.logprobs and question.get("logprobs"):
            top = [{"token": token, "logprob": logprob, "bytes": None} for token, logprob in self.logprobs(question)]
            choice["logprobs"] = {"content": [{**(top[0] if top else {}), "top_logprobs": top}], "refusal": None}
        return {
            "id": "x",
            "object": "chat.completion",
            "created": 0,
            "model": question["model"],
            "choices": [choice],
            "usage": {"prompt_tokens": 100, "completion_tokens": 10, "total_tokens": 110} if self.usage else None,
        }

    def _send(self, handler, status, content, headers=None):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)
