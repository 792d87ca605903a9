"""botocore's model of the query APIs: answers of any kind written as XML, what botocore reads in them, and what of that the
tables of src/aws keep."""

import datetime
import random
from xml.sax.saxutils import escape

import botocore.parsers
import botocore.session

SESSION = botocore.session.Session()
TEXTS = ["", "a", "i-0123456789abcdef0", "10.0.0.0/8", "2001:db8::/32", "true", "12", "é <&>\"'", "日本", "]]>", "line\nline", "x" * 300]


def operation_model(api, operation):
    return SESSION.get_service_model(api).operation_model(operation)


def is_text(shape):
    return shape.type_name in ("string", "timestamp")


def write(shape, name, ec2, chance, depth=0):
    """An element of a shape with random members."""
    if shape.type_name == "structure":
        inner = "".join(
            write(of, of.serialization.get("name", member), ec2, chance, depth + 1)
            for member, of in shape.members.items()
            if chance.random() < 0.8 and depth < 9
        )
    elif shape.type_name == "list":
        item = "item" if ec2 else "member"
        inner = "".join(write(shape.member, item, ec2, chance, depth + 1) for _ in range(chance.choice([0, 1, 1, 2, 3])))
    elif shape.type_name == "boolean":
        inner = chance.choice(["true", "false"])
    elif shape.type_name in ("integer", "long"):
        inner = str(chance.choice([0, 1, -1, 80, 65535, 2**31 - 1]))
    elif shape.type_name == "timestamp":
        inner = "2026-11-22T05:23:19.000Z"
    elif shape.type_name in ("float", "double"):
        inner = "0.5"
    else:
        inner = escape(chance.choice(TEXTS))
    blank = chance.choice(["", "", "\n  "]) if "<" in inner[:1] else ""
    return f"<{name}>{blank}{inner}{blank}</{name}>"


def answer(api, operation, seed):
    """A whole answer, with all that the model knows."""
    chance = random.Random(f"{api} {operation} {seed}")
    shape = operation_model(api, operation).output_shape
    result = write(shape, "X", api == "ec2", chance)[3:-4] if shape else ""
    if api == "ec2":
        inner = f"<requestId>1</requestId>{result}"
    else:
        inner = f"<{operation}Result>{result}</{operation}Result><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
    space = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{operation}Response {space}>{inner}</{operation}Response>'


def parsed(api, operation, xml):
    """What botocore reads."""
    model = operation_model(api, operation)
    parser = botocore.parsers.create_parser("ec2" if api == "ec2" else "query")
    said = parser.parse({"body": xml.encode(), "headers": {}, "status_code": 200}, model.output_shape)
    said.pop("ResponseMetadata", None)
    return said


def plain(value):
    """Times as the XML of moto and AWS has them; texts without the white space around them, which nothing needs."""
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    return value.strip() if isinstance(value, str) else value


def kept(members, value):
    """Of what botocore reads, what a table names."""
    known = {m["name"]: m for m in members if m["kind"] != "token"}
    return {k: kept_value(known[k], v) for k, v in value.items() if k in known}


def kept_value(member, value):
    if isinstance(value, dict):
        return kept(member["of"], value)
    if isinstance(value, list):
        return [kept(member["of"], one) if isinstance(one, dict) else plain(one) for one in value]
    return plain(value)


def without_zones(value):
    """Our documents, with times as plain() has them."""
    if isinstance(value, dict):
        return {k: without_zones(v) for k, v in value.items()}
    if isinstance(value, list):
        return [without_zones(v) for v in value]
    if isinstance(value, str) and value[:2] == "20" and value[10:11] == "T":
        return value[:19]
    return value
