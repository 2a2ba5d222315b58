#!/bin/sh
# Takes the first act that is possible, with nothing but sh and sed.
while read -r line; do
    id=$(printf '%s' "$line" | sed 's/^{"id":\([0-9]*\),.*/\1/')
    case $line in
    *'"type":"hello"'*)
        printf '{"id":%s,"protocol":"textenvs-agent/1","obs_type":"text","action_type":"choice"}\n' "$id"
        ;;
    *'"type":"act"'*)
        mask=$(printf '%s' "$line" | sed 's/.*"action_mask":\[\([01,]*\)\].*/\1/; s/,//g')
        before=${mask%%1*}
        printf '{"id":%s,"action":%s}\n' "$id" "${#before}"
        ;;
    *)
        printf '{"id":%s}\n' "$id"
        ;;
    esac
done
