#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Is a converted trace what the format asks for? Says what is wrong, or how much there is.

	check_converted.py json FILE SCHEMA
	check_converted.py perfetto FILE
"""
import collections
import json
import sys


def unique(pairs):
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), f'a key twice: {keys}'
    return dict(pairs)


def no_constant(name):
    raise ValueError(f'{name} is no JSON')


def load(text):
    return json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)


def check_json(path, schema_path):
    """Each line by the schema, and what a schema cannot say: the order of lines."""
    import jsonschema

    with open(schema_path, encoding='utf-8') as f:
        schema = load(f.read())
    jsonschema.Draft7Validator.check_schema(schema)
    with open(path, encoding='utf-8') as f:
        lines = [load(line) for line in f]
    # One type each: an error of "oneOf" would not say what is wrong.
    definitions = schema['definitions']
    validators = {name: jsonschema.Draft7Validator({**definitions[name], 'definitions': definitions})
                  for name in ('trace', 'task', 'call', 'event', 'lost', 'end')}
    for number, line in enumerate(lines, 1):
        for error in validators[line['type']].iter_errors(line):
            sys.exit(f'{path}:{number}: {error.message}')
    types = [line['type'] for line in lines]
    assert types.index('trace') == 0 and types.count('trace') == 1
    assert types.index('end') == len(lines) - 1
    known = set()
    for line in lines:
        if line['type'] == 'task':
            known.add(line['tid'])
        elif 'tid' in line:
            assert line['tid'] in known, f'not introduced: {line}'
    return collections.Counter(types)


def check_perfetto(path):
    """By "Trace Event Format", the phases that we use: M, X and i."""
    with open(path, encoding='utf-8') as f:
        trace = load(f.read())
    assert set(trace) == {'displayTimeUnit', 'otherData', 'traceEvents'}
    assert trace['displayTimeUnit'] in ('ms', 'ns')
    named, count = set(), collections.Counter()
    for event in trace['traceEvents']:
        phase = event['ph']
        count[phase] += 1
        for key in 'pid', 'tid':
            assert type(event[key]) is int and event[key] > 0, event
        assert type(event['name']) is str and event['name'], event
        assert type(event['args']) is dict, event
        if phase == 'M':
            assert set(event) == {'ph', 'name', 'pid', 'tid', 'args'}, event
            assert event['name'] in ('process_name', 'thread_name'), event
            assert list(event['args']) == ['name'] and type(event['args']['name']) is str, event
            if event['name'] == 'thread_name':
                named.add((event['pid'], event['tid']))
            continue
        assert type(event['cat']) is str and event['cat'], event
        assert type(event['ts']) is float and event['ts'] >= 0, event
        if phase == 'X':
            assert set(event) == {'ph', 'name', 'cat', 'pid', 'tid', 'ts', 'dur', 'args'}, event
            assert type(event['dur']) is float and event['dur'] >= 0, event
        else:
            assert phase == 'i', event
            assert set(event) == {'ph', 'name', 'cat', 'pid', 'tid', 'ts', 's', 'args'}, event
            assert event['s'] in ('g', 'p', 't'), event
        assert (event['pid'], event['tid']) in named, event
    return count


if __name__ == '__main__':
    found = {'json': check_json, 'perfetto': check_perfetto}[sys.argv[1]](*sys.argv[2:])
    print(*(f'{kind} {found[kind]}' for kind in sorted(found)), sep='\n')
