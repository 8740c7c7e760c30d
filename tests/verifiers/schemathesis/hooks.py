"""Puts existing ids and values into schemathesis' generated requests, so that they get past "not found".

KEYRACK_KNOWN is a JSON object: `values` has existing values for the name of a parameter or field; `own` has, for `POST /v1/...`,
values that no other operation uses up; `bodies` has, for
`POST /v1/...`, members that a request needs to succeed: of four bodies, one has them beside what was generated, and one has nothing
else. The inserted value depends only on the generated one: the same seed makes the same requests.
"""

import json
import os
import zlib

import schemathesis

KNOWN = json.loads(os.environ["KEYRACK_KNOWN"])
# One value in four stays as generated.
KEPT = 4


def drawn(*of):
    return zlib.crc32(repr(of).encode("utf-8", "surrogatepass"))


def known(name, value):
    values = KNOWN["values"].get(name)
    if not values or type(value) is not type(values[0]):
        return value
    number = drawn(name, value)
    return value if number % KEPT == 0 else values[number // KEPT % len(values)]


def fill(value):
    if isinstance(value, dict):
        return {name: fill(known(name, inner)) for name, inner in value.items()}
    if isinstance(value, list):
        return [fill(inner) for inner in value]
    return value


@schemathesis.hook
def map_path_parameters(context, path_parameters):
    own = KNOWN["own"].get(f"{context.operation.method.upper()} {context.operation.path}", {})
    filled = fill(path_parameters)
    if not isinstance(filled, dict):
        return filled
    return {name: own[name][drawn(value) % len(own[name])] if name in own else value for name, value in filled.items()}


@schemathesis.hook
def map_query(context, query):
    return fill(query)


@schemathesis.hook
def map_body(context, body):
    template = KNOWN["bodies"].get(f"{context.operation.method.upper()} {context.operation.path}")
    filled = fill(body)
    kind = drawn(body) % 4
    if template is None or not isinstance(body, dict) or kind >= 2:
        return filled
    return {**filled, **template} if kind == 1 else template


@schemathesis.hook
def map_headers(context, headers):
    # A generated revision is hardly ever the right one.
    if not headers or drawn(dict(headers)) % 2 == 0:
        return headers
    return {name: value for name, value in headers.items() if name.lower() not in ("if-match", "if-none-match")}
