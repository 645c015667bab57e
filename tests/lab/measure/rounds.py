"""The rounds of a measurement: in each both take the guest through its life on the same hosts, and the floors are taken beside."""

from .floor import floors
from .life import life, timed
from .tools import BOTH


def turns(number: int):
    """Who begins changes from round to round; rounds are counted from 0."""
    return BOTH if number % 2 == 0 else BOTH[::-1]


def measure(hosts, count: int, keep) -> dict[str, list[dict]]:
    """COUNT rounds on the hosts, a dictionary: "xm" and "xl" -> a life a round, "floor" -> the floors. KEEP gets it after each."""
    one = hosts["one"]
    results = {tools.name: [] for tools in BOTH} | {"floor": []}
    for tools in BOTH:  # each reads its files and the guest's for the first time: not counted
        timed(one, tools.create)
        timed(one, tools.destroy)
    for number in range(count):
        for tools in turns(number):
            figures = life(tools, hosts)
            results[tools.name].append(figures)
            shown = ", ".join(f"{operation} {figure['seconds']:.1f}" for operation, figure in figures.items())
            print(f"round {number + 1} of {count}, {tools.name}: {shown} s", flush=True)
        results["floor"].append(floors(hosts))
        keep(results)
    return results
