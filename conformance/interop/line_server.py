"""One JSON request per line in, one JSON reply per line out, until the input ends."""

import json
import os
import sys
import traceback


def answer(ask):
    """A reply: what was asked for, or the refusal."""
    try:
        return {"ok": True, **(ask() or {})}
    except Exception as problem:  # whatever the engine throws is its answer
        trace = traceback.format_exc()
        return {"ok": False, "error": f"{type(problem).__name__}: {problem}"[:4000], "trace": trace[-4000:]}


def serve(operations):
    """Answers requests by name; what a library prints goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        request = json.loads(line)
        operation = operations[request.pop("op")]
        out.write(json.dumps(answer(lambda: operation(**request))) + "\n")
        out.flush()
