// Takes the possible sentence that has most words in common with what it sees: common_words.py, for Node.

import { createInterface } from "node:readline";

const words = (text) => new Set(text.toLowerCase().match(/[a-z]+/g) ?? []);

function act(message) {
  const seen = words(message.observation);
  let best = 0;
  let most = -1;
  message.choices.forEach((sentence, number) => {
    const common = [...words(sentence)].filter((word) => seen.has(word)).length;
    if (message.action_mask[number] && common > most) {
      best = number;
      most = common;
    }
  });
  return best;
}

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  const answer = { id: message.id };
  if (message.type === "hello") {
    Object.assign(answer, { protocol: "textenvs-agent/1", obs_type: "text", action_type: "choice" });
  } else if (message.type === "act") {
    answer.action = act(message);
  }
  console.log(JSON.stringify(answer));
}
