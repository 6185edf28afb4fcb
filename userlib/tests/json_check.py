# SPDX-License-Identifier: MIT
"""
Checks what tests have seen of the tool against its JSON schema, and prints TAP.

    json_check.py SCHEMA RECORD
    json_check.py --some SCHEMA RECORD

Each line of RECORD is a command of the tool, a tab, and a line that it has printed: an object
or, after --csv, a header or a row. Every object is as the schema says. Each member that the
schema requires is missed, and another one is noticed, so that no test passes for want of a
rule. A CSV header has the members of an object, in their order, but "type"; members that an
object may lack are all there or all missing.
"""

from __future__ import annotations

import csv
import importlib
import json
import sys
from typing import Any, Dict, Iterator, List, Tuple

# Not imported by name: mypy knows its types only where they are installed, too.
jsonschema: Any = importlib.import_module("jsonschema")

Object = Dict[str, Any]


def without_doubles(pairs: List[Tuple[str, Any]]) -> Object:
    """The object, each of whose members is there once."""
    names = [name for name, _ in pairs]
    assert len(set(names)) == len(names), f"a member is there twice: {names}"
    return dict(pairs)


def not_a_number(text: str) -> Any:
    raise AssertionError(f"{text} is not JSON")


def parse(text: str) -> Object:
    value = json.loads(text, object_pairs_hook=without_doubles, parse_constant=not_a_number)
    assert isinstance(value, dict), f"not an object: {text}"
    return value


def subcommand_of(command: str) -> str:
    """Of "icmpecho ping -c 1" and of "/usr/bin/ping -c 1"."""
    words = command.split()
    name = words[0].rsplit("/", 1)[-1]
    return words[1] if name == "icmpecho" else name


class Schema:
    def __init__(self, path: str) -> None:
        with open(path, encoding="utf-8") as file:
            self.whole = json.load(file)
        self.definitions = self.whole["definitions"]
        self.validator = jsonschema.Draft7Validator(self.whole)

    def check(self) -> None:
        jsonschema.Draft7Validator.check_schema(self.whole)

    def objects(self) -> List[str]:
        """The names of those that the tool prints: "ping.answer" and so on."""
        return [each["$ref"].rsplit("/", 1)[-1] for each in self.whole["oneOf"]]

    def members(self, name: str) -> Object:
        members: Object = self.definitions[name]["properties"]
        return members

    def optional(self, name: str) -> List[str]:
        return [each for each in self.members(name)
                if each not in self.definitions[name]["required"]]

    def headers(self, name: str) -> List[List[str]]:
        """Those that a CSV table of these objects may have."""
        columns = [each for each in self.members(name) if each != "type"]
        return [columns, [each for each in columns if each not in self.optional(name)]]

    def errors(self, name: str, value: Object) -> Iterator[Any]:
        part = {"$ref": f"#/definitions/{name}", "definitions": self.definitions}
        errors: Iterator[Any] = jsonschema.Draft7Validator(part).iter_errors(value)
        return errors

    def complaint(self, name: str, value: Object) -> str:
        """What is wrong with this object, or nothing."""
        for error in self.errors(name, value):
            return f"{'.'.join(str(each) for each in error.absolute_path)}: {error.message}"
        # An object of one kind is of no other one.
        for error in self.validator.iter_errors(value):
            return str(error.message)
        order = [each for each in self.members(name) if each in value]
        return "" if list(value) == order else f"the members come as {list(value)}"


def objects_within(value: Any) -> Iterator[Object]:
    """It, and those in its members and arrays."""
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from objects_within(each)
    elif isinstance(value, list):
        for each in value:
            yield from objects_within(each)


def mutations(schema: Schema, name: str, value: Object) -> Iterator[str]:
    """What the schema does not notice when it happens to this object."""
    for part in objects_within(value):
        for member, kept in list(part.items()):
            if part is value and member in schema.optional(name):
                continue
            del part[member]
            if not any(schema.errors(name, value)):
                yield f"{member} may be missing"
            part[member] = kept
        part["unknown_member"] = None
        if not any(schema.errors(name, value)):
            yield "there may be another member"
        del part["unknown_member"]


class Record:
    """What tests have seen: objects by name, and the lines of CSV of each subcommand."""

    def __init__(self, path: str) -> None:
        self.objects: Dict[str, Dict[str, Object]] = {}
        self.tables: Dict[str, List[str]] = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                command, text = line.rstrip("\n").split("\t", 1)
                self.add(command, text)

    def add(self, command: str, text: str) -> None:
        subcommand = subcommand_of(command)
        if " --csv" in command:
            self.tables.setdefault(subcommand, []).append(text)
            return
        value = parse(text)
        self.objects.setdefault(f"{subcommand}.{value.get('type')}", {})[text] = value


class Tap:
    def __init__(self) -> None:
        self.number = 0
        self.failed = False

    def report(self, name: str, complaints: List[str]) -> None:
        self.number += 1
        self.failed |= bool(complaints)
        for complaint in complaints[:10]:
            print(f"# {complaint}")
        print(f"{'not ok' if complaints else 'ok'} {self.number} - {name}", flush=True)


def check_objects(tap: Tap, schema: Schema, record: Record) -> None:
    strange = sorted(set(record.objects) - set(schema.objects()))
    tap.report("json_has_no_object_without_a_schema", strange)
    for name in schema.objects():
        seen = record.objects.get(name, {})
        words = name.replace(".", "_")
        complaints = [f"{text}: {complaint}" for text, value in seen.items()
                      if (complaint := schema.complaint(name, value))]
        complaints += [f"no test has seen {each}" for each in schema.members(name)
                       if not any(each in value for value in seen.values())]
        complaints += [f"{each} may be missing, which no test has seen"
                       for each in schema.optional(name)
                       if all(each in value for value in seen.values())]
        tap.report(f"json_{words}_is_as_its_schema_says", complaints)
        # Those with the most in them: causes, routers, sessions.
        largest = sorted(seen, key=len)[-3:]
        complaints = [each for text in largest for each in mutations(schema, name, parse(text))]
        tap.report(f"json_{words}_has_each_member_and_no_other", complaints)


def check_table(tap: Tap, schema: Schema, record: Record, subcommand: str) -> None:
    headers = [header for name in schema.objects() if name.startswith(f"{subcommand}.")
               for header in schema.headers(name)]
    complaints, width = [], 0
    for cells in csv.reader(record.tables.get(subcommand, [])):
        if cells in headers:
            width = len(cells)
        elif len(cells) != width:
            complaints.append(f"neither a header nor a row of {width} cells: {cells}")
    if not width:
        complaints.append("no test has seen a table")
    tap.report(f"csv_{subcommand}_has_the_members_of_its_objects", complaints)


def check_tables(tap: Tap, schema: Schema, record: Record) -> None:
    for subcommand in sorted({name.split(".")[0] for name in schema.objects()}):
        check_table(tap, schema, record, subcommand)


def check_some(tap: Tap, schema: Schema, record: Record) -> None:
    for name, seen in record.objects.items():
        complaints = [f"{text}: {complaint}" for text, value in seen.items()
                      if (complaint := schema.complaint(name, value))] \
            if name in schema.objects() else ["it has no schema"]
        tap.report(f"json_{name.replace('.', '_')}_is_as_its_schema_says", complaints)
    for subcommand in record.tables:
        check_table(tap, schema, record, subcommand)
    tap.report("json_and_csv_were_seen", [] if record.objects and record.tables else ["nothing"])


def main(arguments: List[str]) -> int:
    some = arguments[0] == "--some"
    schema, record, tap = Schema(arguments[-2]), Record(arguments[-1]), Tap()
    print("TAP version 13")
    schema.check()
    if some:
        check_some(tap, schema, record)
    else:
        check_objects(tap, schema, record)
        check_tables(tap, schema, record)
    print(f"1..{tap.number}")
    return 1 if tap.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
