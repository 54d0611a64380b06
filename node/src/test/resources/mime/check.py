"""Parses the messages N.eml of a directory with Python's email package, and says what is wrong with them.

Each was made of the fields in N.json. Where there is an N.other.eml, made of the same fields by another
program, both must be the same once parsed. Prints one line for each difference or defect.
"""

import base64
import email
import email.policy
import json
import pathlib
import sys

ADDRESSES = ["from", "sender", "to", "cc", "reply-to"]
TEXTS = ["subject", "in-reply-to", "references", "x-priority", "x-msmail-priority", "importance"]
CODINGS = {"base64": base64.b64decode, "hex": bytes.fromhex, "latin1": lambda text: text.encode("latin-1")}


def lines(text):
    return text.replace("\r\n", "\n").rstrip("\n")


def field(json_name):
    return {"replyTo": "reply-to", "inReplyTo": "in-reply-to"}.get(json_name, json_name)


def defects(message):
    for part in message.walk():
        for defect in part.defects:
            yield "defect of %s: %r" % (part.get_content_type(), defect)
        for name in part.keys():
            for defect in getattr(part[name], "defects", ()):
                yield "defect of %s: %r in %r" % (name, defect, part[name])


def mailboxes(value):
    # Python 3.11 keeps the blanks between the encoded words of a name, which RFC 2047 6.2 takes out: none are compared.
    return [("".join(address.display_name.split()), address.addr_spec) for address in value.addresses]


def payload(part):
    if part.get_content_maintype() == "message":
        return lines(part.get_content().as_bytes().decode("utf-8", "replace"))
    content = part.get_content()
    if isinstance(content, str):
        # What is text has no line ends of its own.
        return lines(content)
    if part.get_content_maintype() == "text" or part.get_content_type() == "application/ics":
        return content.replace(b"\r\n", b"\n").rstrip(b"\n")
    return content


def tree(part):
    kind = part.get_content_type()
    if part.is_multipart() and part.get_content_maintype() == "multipart":
        return (kind, [tree(child) for child in part.iter_parts()])
    return (kind, part.get_content_charset(), part.get_content_disposition(), part.get_filename(), part["content-id"], payload(part))


def header(message):
    found = {}
    for name in ADDRESSES:
        if name in message:
            found[name] = mailboxes(message[name])
    for name in TEXTS:
        if name in message:
            found[name] = " ".join(str(message[name]).split())
    for name in message.keys():
        if name.lower().startswith(("x-", "list-")):
            # Quotes around a name are no part of it.
            found[name.lower()] = [" ".join(str(value).replace('"', "").split()) for value in message.get_all(name)]
    return found


def in_ascii(address):
    """The address with its domain as A-labels, as both write it wherever the local part lets them."""
    local, _, domain = address.rpartition("@")
    return local + "@" + domain.encode("idna").decode("ascii")


def names(value):
    """The mailboxes that a field says, where it is an object or a list of objects."""
    if isinstance(value, dict):
        return [("".join(value.get("name", "").split()), in_ascii(value["address"]))]
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return [pair for item in value for pair in names(item)]
    return None


def text_of(part):
    """What a text says, where it is a string or a part of its own."""
    if isinstance(part, dict):
        return bytes_of(part).decode("utf-8")
    return part


def bytes_of(part):
    content = part.get("content", "")
    coding = part.get("encoding", "utf-8")
    return CODINGS[coding](content) if coding in CODINGS else content.encode("utf-8")


def against(fields, message):
    if "raw" in fields:
        return
    if "subject" in fields and str(message["subject"]) != fields["subject"].strip():
        yield "subject is %r, not %r" % (str(message["subject"]), fields["subject"])
    for json_name in ["from", "sender", "to", "cc", "replyTo"]:
        said = names(fields.get(json_name))
        if said is not None and mailboxes(message[field(json_name)]) != said:
            yield "%s is %r, not %r" % (json_name, mailboxes(message[field(json_name)]), said)
    if "messageId" in fields and str(message["message-id"]) != fields["messageId"]:
        yield "message-id is %r" % str(message["message-id"])
    leaves = [part for part in message.walk() if not part.is_multipart()]
    for json_name, kind in [("text", "text/plain"), ("html", "text/html"), ("amp", "text/x-amp-html")]:
        if json_name in fields:
            contents = [lines(part.get_content()) for part in leaves if part.get_content_type() == kind]
            if lines(text_of(fields[json_name]).replace("\r\n", "\n").replace("\r", "\n")) not in contents:
                yield "%s is not in %r" % (json_name, contents)
    for attachment in fields.get("attachments", []):
        found = [part for part in leaves if part.get_filename() == attachment.get("filename")]
        if attachment.get("contentType", "").startswith("message/") or "filename" not in attachment:
            continue
        if not any(part.get_payload(decode=True) == bytes_of(attachment) for part in found):
            yield "attachment %r is not there as it was given" % attachment["filename"]


def read(path):
    return email.message_from_bytes(path.read_bytes(), policy=email.policy.default)


def main(directory):
    for source in sorted(pathlib.Path(directory).glob("*.json")):
        fields = json.loads(source.read_text("utf-8"))
        message = read(source.with_suffix(".eml"))
        problems = list(defects(message)) + list(against(fields, message))
        other = source.with_suffix(".other.eml")
        if other.exists():
            theirs = read(other)
            if tree(message) != tree(theirs):
                problems.append("parts are %r, theirs %r" % (tree(message), tree(theirs)))
            if header(message) != header(theirs):
                problems.append("header is %r, theirs %r" % (header(message), header(theirs)))
        for problem in problems:
            print("%s: %s" % (source.name, problem))


main(sys.argv[1])
