"""What a DAG file may never do while it is parsed, and how to see it in its source.

Airflow parses every DAG file every half minute. What runs at file level runs then: on MWAA's scheduler, without
AWS credentials for the tests, and with another clock than the run's.
"""

import ast
import re
import sys
from collections.abc import Collection, Iterator

MAY_IMPORT = ("airflow", "botocore", "wiring")
CLOCKS = ("now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "sleep")
REACHES_OUT = (
    "client", "resource", "Session", "get_session", "get_conn", "get", "get_variable", "get_connection",
    "urlopen", "request", "open", "read_text", "getenv", "connect",
)  # fmt: skip
HOOK = re.compile(r"[A-Z]\w*Hook$")
LONGEST_ID = 52  # MWAA's InvokeRestApi takes paths of 64 characters, and asks for the source at /dagSources/<id>


def foreign_imports(source: str, available: Collection[str] = ()) -> list[str]:
    """Imports that MWAA may not have, at any depth.

    It has the standard library, Airflow, botocore and our own wiring. `available` are further top-level modules: those
    of the DAG folder and of the packages in requirements.txt.
    """
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module or "")
    roots = {name.split(".")[0] for name in names}
    return sorted(roots - {*MAY_IMPORT, *available} - sys.stdlib_module_names)


def done_while_parsing(source: str) -> Iterator[ast.AST]:
    """Every node that runs when the file is imported or its DAG is built: all but the bodies of functions.

    A function decorated with @dag runs at import time too, but the tasks defined inside it do not.
    """
    waiting: list[ast.AST] = [ast.parse(source)]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not _is_dag(node):
            waiting += [*node.decorator_list, *node.args.defaults, *[d for d in node.args.kw_defaults if d]]
        elif not isinstance(node, ast.Lambda):
            waiting += ast.iter_child_nodes(node)


def _is_dag(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(_last_name(decorator) == "dag" for decorator in function.decorator_list)


def _last_name(node: ast.AST) -> str:
    """`client` of boto3.client(...), `dag` of @dag(...)."""
    if isinstance(node, ast.Call):
        return _last_name(node.func)
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def parse_time_calls(source: str) -> list[str]:
    """Clock readings, AWS calls, Variable.get and files opened at file level, as `line N: name`."""
    found = []
    for node in done_while_parsing(source):
        if not isinstance(node, ast.Call):
            continue
        name = _last_name(node)
        if name in CLOCKS or name in REACHES_OUT or HOOK.match(name):
            found.append(f"line {node.lineno}: {name}")
    return sorted(found)


def dags_in(source: str) -> list[str]:
    """Ids of the DAGs that a file makes, with @dag or with DAG(...)."""
    return [dag_id for dag_id, _ in dag_arguments(source)]


def dag_arguments(source: str) -> Iterator[tuple[str, list[ast.keyword]]]:
    """Id and keyword arguments of every DAG of a file, in its order. An id that is no literal is given as written."""
    nodes = [node for node in done_while_parsing(source) if isinstance(node, ast.FunctionDef | ast.Call)]
    for node in sorted(nodes, key=lambda node: node.lineno):
        if isinstance(node, ast.FunctionDef) and _is_dag(node):
            decorator = next(one for one in node.decorator_list if _last_name(one) == "dag")
            call = decorator if isinstance(decorator, ast.Call) else ast.Call(decorator, [], [])
            yield _dag_id(call, node.name), call.keywords
        elif isinstance(node, ast.Call) and _last_name(node) == "DAG":
            yield _dag_id(node, ""), node.keywords


def _dag_id(call: ast.Call, default: str) -> str:
    named = [*call.args[:1], *(keyword.value for keyword in call.keywords if keyword.arg == "dag_id")]
    if not named:
        return default
    return str(named[0].value) if isinstance(named[0], ast.Constant) else ast.unparse(named[0])


def settings_used(source: str) -> set[str]:
    """The Variables that a file's templates ask for."""
    return set(re.findall(r"var\.(?:value|json)\.(\w+)", source))
