"""What a DAG file may never do while it is parsed, and how to see it in its source.

Airflow parses every DAG file every half minute. What runs at file level runs then: on MWAA's scheduler, without
AWS credentials for the tests, and with another clock than the run's.
"""

import ast
import re
import sys
from collections.abc import Iterator

MAY_IMPORT = ("airflow", "botocore", "wiring")
CLOCKS = ("now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "sleep")
REACHES_OUT = (
    "client", "resource", "Session", "get_session", "get_conn", "get", "get_variable", "get_connection",
    "urlopen", "request", "open", "read_text", "getenv", "connect",
)  # fmt: skip
HOOK = re.compile(r"[A-Z]\w*Hook$")
LONGEST_ID = 52  # MWAA's InvokeRestApi takes paths of 64 characters, and asks for the source at /dagSources/<id>
VERBS = ("build", "forecast", "train", "tune", "fetch", "clean", "deploy", "watch", "evaluate")


def foreign_imports(source: str) -> list[str]:
    """Imports other than the standard library, Airflow, botocore's errors and our own wiring, at any depth."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    roots = (name.split(".")[0] for name in names)
    return sorted({root for root in roots if root not in MAY_IMPORT and root not in sys.stdlib_module_names})


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
    """Names of the DAGs that a file makes, with @dag or with DAG(...)."""
    names = []
    for node in done_while_parsing(source):
        if isinstance(node, ast.FunctionDef) and _is_dag(node):
            names.append(node.name)
        elif isinstance(node, ast.Call) and _last_name(node) == "DAG":
            names.append(ast.unparse(node.args[0]).strip("'\"") if node.args else "")
    return names


def shape_faults(file_name: str, source: str) -> list[str]:
    """One DAG per file, called like the file, verb first, with a docstring that somebody can work with at night."""
    stem, names = file_name.removesuffix(".py"), dags_in(source)
    page = ast.get_docstring(ast.parse(source)) or ""
    faults = []
    if names != [stem]:
        faults.append(f"{file_name} makes the DAGs {names}; it must make exactly {stem}")
    if not re.fullmatch(rf"({'|'.join(VERBS)})_[a-z_]+", stem):
        faults.append(f"{stem} is no verb_noun; it must start with one of {', '.join(VERBS)}")
    if len(stem) > LONGEST_ID:
        faults.append(f"{stem} has {len(stem)} characters; MWAA's REST API can be asked about {LONGEST_ID} at most")
    faults += [
        f"the docstring lacks **{word}**" for word in ("When.", "Normal.", "When it is red.") if word not in page
    ]
    if "doc_md=__doc__" not in source:
        faults.append("doc_md=__doc__ is missing: the page would not be shown in Airflow")
    return faults


def settings_used(source: str) -> set[str]:
    """The Variables that a file's templates ask for."""
    return set(re.findall(r"var\.(?:value|json)\.(\w+)", source))
