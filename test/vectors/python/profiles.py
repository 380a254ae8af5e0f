"""Profiles, and what a command may change: PROTOCOL.md section 3.2."""

import re
from dataclasses import dataclass

from messages import MALFORMED, printable, signed_fields
from signatures import sha256
from strict import U32, array, demand, fields, number, octets, settings, signed32, words

I32 = 2**31 - 1
PROGRAM = 1


@dataclass(frozen=True)
class Parameter:
    code: int
    low: int
    high: int
    step: int
    largest: int
    risk: int
    safer: int
    programmed: bool
    options: dict
    window_sum: int
    drift: int

    def allows(self, value):
        if value in self.options:
            return True
        return self.low <= value <= self.high and (value - self.low) % self.step == 0


@dataclass(frozen=True)
class Profile:
    digest: bytes
    parameters: dict
    rules: list
    operations: dict
    safe: dict

    def tier(self, command, now):
        rule = self.operations.get(command[7])
        demand(rule is not None, "E_ROUTE", "the profile has no such operation")
        if rule[0] == 2:
            return 2
        for code, value in command[8].items():
            parameter = self.parameters.get(code)
            demand(parameter is not None, "E_CMD_SCHEMA", "no such setting")
            way = (value > now.get(code, value)) - (value < now.get(code, value))
            safer = parameter.safer != 0 and way == parameter.safer
            if parameter.risk == 2 and not safer:
                return 2
        return 1

    def after(self, command, now, agreed, tier):
        """The settings after a command that respects every limit; nothing was changed within any window before."""
        demand((command[7] == PROGRAM) == bool(command[8]), "E_CMD_SCHEMA", "settings change with `program` only")
        whole = dict(now)
        for code, value in command[8].items():
            one = self.parameters.get(code)
            demand(one is not None and one.programmed and code in now, "E_CMD_SCHEMA", "not a setting to change")
            demand(now[code] != value, "E_CMD_SCHEMA", "changes nothing")
            demand(one.allows(value), "E_CMD_LIMIT", "not allowed")
            whole[code] = value
            if value in one.options:
                continue
            change = 0 if now[code] in one.options else abs(value - now[code])
            demand(change <= one.largest and change <= one.window_sum, "E_CMD_RATE_OF_CHANGE", "too much")
            far = tier == 1 and agreed[code] not in one.options and abs(value - agreed[code]) > one.drift
            demand(not far, "E_CMD_RATE_OF_CHANGE", "too far from what two people agreed")
        for terms, times, bound in self.rules:
            total = sum(factor * whole.get(code, 0) for code, factor in terms)
            total *= whole.get(times, 0) if times else 1
            demand(total <= bound, "E_CMD_LIMIT", "a joint rule")
        return whole

    def programmable(self, values):
        return {code: value for code, value in values.items() if code in self.parameters and self.parameters[code].programmed}


def profile(data, makers):
    said, payload = signed_fields(data, "profile", makers, "E_PROFILE", 16_384, range(1, 11), (11,), inside=MALFORMED)
    demand(number(said[1]) == 1, "E_VERSION", "another format")
    names = [words(said[2], 80), words(said[3], 80)]
    number(said[4], U32), number(said[5], U32)
    parameters, nominal = {}, {}
    for value in array(said[6], 0, 64):
        one, usual, texts = _parameter(value)
        demand(one.code not in parameters, "E_PROFILE", "a code twice")
        parameters[one.code], nominal[one.code] = one, usual
        names += texts
    rules = [_rule(value, parameters) for value in array(said[7], 0, 64)]
    operations = {}
    for value in array(said[8], 0, 16):
        operation, risk, lowers, intent = array(value, 4, 4)
        demand(number(risk, 2) > 0, "E_PROFILE", "risk is 1 or 2")
        operations[number(operation, 0xFFFF)] = (risk, number(lowers, 1), number(intent, 1))
    safe = settings(said[9])
    for code, value in safe.items():
        demand(code in parameters and parameters[code].allows(value), "E_PROFILE", "the safe state")
    for ticks in array(said[10], 2, 2):
        number(ticks, 0xFFFF)
    for one in array(said[11], 1, 16) if 11 in said else ():
        octets(one, 32, "E_PROFILE")
    demand(all(printable(text) for text in names), "E_PROFILE", "a name that does not print")
    return Profile(sha256(payload), parameters, rules, operations, safe)


def _parameter(value):
    said = fields(value, range(1, 16))
    ticks, total = array(said[13], 2, 2)
    number(ticks, I32)
    options = {}
    for option in array(said[12], 0, 64):
        at, text = array(option, 2, 2)
        demand(type(at) is int, "E_PROFILE", "an option")
        demand(not re.match(r"\s*-?\d+(\.\d+)?(\s|$)", words(text, 40)), "E_PROFILE", "reads like a number")
        options[at] = text
    demand(len(set(options.values())) == len(options), "E_PROFILE", "two options of one name")
    demand(1 <= number(said[9], 2), "E_PROFILE", "risk is 1 or 2")
    one = Parameter(
        code=number(said[1], U32),
        low=signed32(said[5]),
        high=signed32(said[6]),
        step=number(said[7], I32),
        largest=number(said[8], I32),
        risk=said[9],
        safer=number(said[10], 2) - 1,
        programmed=number(said[11], 1) == 1,
        options=options,
        window_sum=number(total, I32),
        drift=number(said[14], I32),
    )
    number(said[4], 6)
    demand(one.low <= one.high and one.step > 0, "E_PROFILE", "min, max and step")
    demand(one.allows(signed32(said[15])), "E_PROFILE", "the nominal value")
    return one, said[15], [words(said[2], 80), words(said[3], 20), *options.values()]


def _rule(value, parameters):
    terms, times, bound, says = array(value, 4, 4)
    pairs = [array(term, 2, 2) for term in array(terms, 1, 8)]
    words(says, 120)
    for code, factor in pairs:
        demand(number(code, U32) in parameters and type(factor) is int, "E_PROFILE", "a rule")
    demand(number(times, U32) == 0 or times in parameters, "E_PROFILE", "a rule over an unknown setting")
    demand(type(bound) is int, "E_PROFILE", "a bound")
    demand(printable(says), "E_PROFILE", "a name that does not print")
    return [tuple(pair) for pair in pairs], times, bound
