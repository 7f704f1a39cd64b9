#!/usr/bin/env python3
"""Writes schema-2.txt from the HCS schema files that Microsoft publishes, oldest first.

usage: generate.py 1809.json 1903.json 2004.json 2104.json 21h2.json > schema-2.txt
Only facts are kept: which definition has which field, of which type, in which SDK versions."""
import json, re, sys

SDK = ["1809", "1903", "2004", "2104", "21h2"]
ROOTS = """ComputeSystem HostedSystem ProcessParameters ModifySettingRequest ProcessModifyRequest SystemQuery
System_PropertyQuery Service_PropertyQuery ShutdownOptions SignalProcessOptions PauseOptions SaveOptions CrashOptions
GuestModifySettingRequest CombinedLayers MappedVirtualDisk MappedDirectory VirtualSmbShare Attachment
NetworkAdapter""".split()
# SDK 2104 renamed these definitions; their fields stayed.
RENAMED = {"Memory": "Container_Memory", "Memory_2": "VirtualMachine_Memory", "Processor": "Container_Processor",
           "Processor_2": "VirtualMachine_Processor", "HvSocket": "Container_HvSocket",
           "HvSocket_2": "VirtualMachine_HvSocket", "PropertyQuery": "Service_PropertyQuery",
           "PropertyType": "GetPropertyType", "PropertyQuery_2": "System_PropertyQuery",
           "PropertyType_2": "System_PropertyType"}

# The schemas say object, but what stands here depends on the resource: hcsshim sends a number for a memory size.
ANYTHING = {("ModifySettingRequest", "Settings"), ("GuestModifySettingRequest", "Settings")}

def name_of(reference):
    name = reference.split("/")[-1]
    return RENAMED.get(name, name)

def type_of(node):
    if "$ref" in node: return name_of(node["$ref"])
    kind = node.get("type")
    if kind == "array": return "[" + type_of(node["items"]) + "]"
    if kind == "object": return "{" + type_of(node["additionalProperties"]) + "}" if "additionalProperties" in node else "object"
    if kind == "integer": return node.get("format", "int64")
    if kind == "string" and re.match(r"\^\[0-9A-Fa-f\]\{8\}", node.get("pattern", "")): return "guid"
    return kind

def versions(seen):
    first, last = min(seen), max(seen)
    assert seen == set(range(first, last + 1)), seen
    return (f" from {SDK[first]}" if first else "") + (f" until {SDK[last]}" if last + 1 < len(SDK) else "")

def main(paths):
    schemas = []
    for path in paths:
        found = json.load(open(path, encoding="utf-8-sig"))["definitions"]
        schemas.append({RENAMED.get(k, k): v for k, v in found.items()})
    wanted, todo = set(), list(ROOTS)
    while todo:
        name = todo.pop()
        if name in wanted: continue
        wanted.add(name)
        for schema in schemas:
            todo += [name_of(r) for r in re.findall(r'"\$ref": "([^"]+)"', json.dumps(schema.get(name, {})))]
    print("# Which fields the published HCS schemas know: written by generate.py. See documents/definitions.rs for the form.")
    for name in sorted(wanted):
        nodes = {i: s[name] for i, s in enumerate(schemas) if name in s}
        if any("enum" in n for n in nodes.values()):
            values = list(dict.fromkeys(v for n in nodes.values() for v in n["enum"]))
            print(f"\nenum {name}")
            for value in values:
                print(f"  {json.dumps(value)}" + versions({i for i, n in nodes.items() if value in n["enum"]}))
            continue
        print(f"\n{name}")
        fields = list(dict.fromkeys(f for n in nodes.values() for f in n.get("properties", {})))
        for field in fields:
            having = {i: type_of(n["properties"][field]) for i, n in nodes.items() if field in n.get("properties", {})}
            assert len(set(having.values())) == 1, (name, field, having)
            kind = "any" if (name, field) in ANYTHING else having[min(having)]
            print(f"  {field}: {kind}" + versions(set(having)))

if __name__ == "__main__":
    main(sys.argv[1:]) if len(sys.argv) == 6 else sys.exit(__doc__)
