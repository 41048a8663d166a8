"""What `make build` and `make edge` make: zips that hold what runs and nothing else, the sources in the template."""

import importlib.util
import json
import marshal
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from infra.build import edge, sizes
from infra.build.bundle import BOTOCORE_SERVICES, LAMBDA_FOLDER, LAMBDA_PYTHON, ROOT, bundle, compile_for_lambda, size
from infra.build.edge import EdgeSourceError, inline
from infra.build.imports import DynamicImportError, closure
from infra.template import TEMPLATE
from tests.house.templates import listed, properties, statements

ON_LAMBDAS_PYTHON = pytest.mark.skipif(sys.version_info[:2] != LAMBDA_PYTHON, reason="compiled by Lambda's Python only")


# The edge functions inside the template ------------------------------------------------------------------------------


def test_the_template_holds_the_edge_functions_as_they_are() -> None:
    assert edge.main(["--check"]) == 0
    for logical_id, source in edge.SOURCES.items():
        assert properties(logical_id)["FunctionCode"] == source.read_text()


def test_writing_an_edge_function_leaves_every_other_byte() -> None:
    template, other = TEMPLATE.read_text(), "function handler(event) {\n\n  return event.request;\n}\n"
    first = {"ViewerRequestFunction": other}
    changed = inline(template, first)
    assert changed != template
    assert "        function handler(event) {\n\n          return event.request;\n        }\n" in changed
    sources = {logical_id: path.read_text() for logical_id, path in edge.SOURCES.items()}
    assert inline(changed, sources) == inline(template, sources)
    assert inline(changed, first) == changed


@pytest.mark.parametrize(
    "source",
    [
        pytest.param("//" + "x" * 10239 + "\n", id="larger than CloudFront takes"),
        pytest.param("let a;", id="no newline at the end"),
        pytest.param("let a;\n\n", id="two newlines at the end"),
        pytest.param("  let a;\n", id="indented from the start"),
        pytest.param("let a;\t\n", id="a tab"),
        pytest.param("let a;\r\n", id="a carriage return"),
        pytest.param("let a = '\u2028';\n", id="a line separator"),
        pytest.param("let a; \nlet b;\n", id="a space at a line's end"),
    ],
)
def test_a_source_that_would_not_arrive_unchanged_is_refused(source: str) -> None:
    with pytest.raises(EdgeSourceError, match="ViewerRequestFunction"):
        inline(TEMPLATE.read_text(), {"ViewerRequestFunction": source})


def test_a_function_that_the_template_does_not_have_is_refused() -> None:
    with pytest.raises(EdgeSourceError, match="0 resources"):
        inline(TEMPLATE.read_text(), {"NoSuchFunction": "let a;\n"})


# Which files a function needs ----------------------------------------------------------------------------------------


def _tree(folder: Path, files: dict[str, str]) -> Path:
    for name, source in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source)
    return folder


@pytest.mark.parametrize(
    ("statement", "needed"),
    [
        ("import p.b", {"p/b.py"}),
        ("from p import b", {"p/b.py"}),
        ("from p.b import thing", {"p/b.py"}),
        ("from . import b", {"p/b.py"}),
        ("from .b import thing", {"p/b.py"}),
        ("from .q import c", {"p/q/__init__.py", "p/q/c.py"}),
        ("def lazily():\n    from p import b", {"p/b.py"}),
        ("from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from p import b", set()),
        ("import typing\nif typing.TYPE_CHECKING:\n    pass\nelse:\n    import p.b", {"p/b.py"}),
        ("import json, os.path", set()),
    ],
)
def test_what_is_imported_is_needed_and_nothing_else(tmp_path: Path, statement: str, needed: set[str]) -> None:
    files = {"p/__init__.py": "", "p/b.py": "", "p/q/__init__.py": "", "p/q/c.py": "", "p/orphan.py": ""}
    root = _tree(tmp_path, {**files, "p/a.py": statement})
    found = {str(path.relative_to(root)) for path in closure(["p.a"], [root])}
    assert found == {"p/__init__.py", "p/a.py"} | needed


@pytest.mark.parametrize("call", ["importlib.import_module(name)", "import_module('p.b')", "__import__('p')"])
def test_an_import_that_cannot_be_followed_is_refused(tmp_path: Path, call: str) -> None:
    with pytest.raises(DynamicImportError, match=r"a\.py:1"):
        closure(["a"], [_tree(tmp_path, {"a.py": call})])


@pytest.mark.parametrize(("importer", "wanted"), [("from v import small", False), ("import v.large", True)])
def test_a_subpackage_that_is_not_for_itself_comes_when_somebody_else_asks(
    tmp_path: Path, importer: str, wanted: bool
) -> None:
    files = {
        "v/__init__.py": "",
        "v/small.py": "def f():\n    import v.large.x",
        "v/large/__init__.py": "import v.large.x",
    }
    root = _tree(tmp_path, {**files, "v/large/x.py": "", "a.py": importer})
    found = closure(["a"], [root], not_for_itself=["v.large"])
    assert (root / "v/large/x.py" in found) is wanted


# The zips ------------------------------------------------------------------------------------------------------------


def _locked(lock: Path) -> list[tuple[str, str]]:
    """(name, version) of what a lock file asks for on this interpreter."""
    lines = re.findall(r"^([A-Za-z0-9].*?)\s*\\$", lock.read_text(), re.MULTILINE)
    wanted = [Requirement(line) for line in lines]
    return [
        (each.name, next(iter(each.specifier)).version)
        for each in wanted
        if each.marker is None or each.marker.evaluate()
    ]


def _install_from_here(lock: Path, folder: Path) -> None:
    """The locked dependencies as this environment has them: the same versions, wheels for this machine, no network."""
    for name, version in _locked(lock):
        distribution = metadata.distribution(name)
        assert distribution.version == version, f"{name}: tested {distribution.version}, shipped {version}"
        for file in distribution.files or ():
            if ".." not in file.parts and file.locate().is_file():  # type: ignore[attr-defined]
                target = folder / file
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(file.read_binary())


@pytest.fixture(scope="module", params=["articles", "pages"])
def built(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A read function's zip, unpacked, as it would be for this machine. The folder is called as the function."""
    folder = tmp_path_factory.mktemp("zips") / str(request.param)
    bundle(folder.name, folder, _install_from_here)
    return folder


@pytest.fixture(scope="module")
def publishing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The publishing function's zip, likewise."""
    folder = tmp_path_factory.mktemp("zips") / "publishing"
    bundle(folder.name, folder, _install_from_here)
    return folder


def _run(folder: Path, code: str) -> Any:
    """What `code` prints as JSON, run on the folder and the standard library alone: no site-packages, no repository."""
    named = ("MEDIA_BUCKET", "DISTRIBUTION_ID", "ANNOUNCEMENTS_QUEUE", "PUBLISHING_QUEUE", "PUBLISHING_QUEUE_ARN")
    of_money = ("LEDGER_TABLE", "REQUESTS_TABLE", "MEMBERS_TABLE", "MAIL_QUEUE", "PAYMENTS_QUEUE", "EDGE_PROOF")
    environment = {
        "CONTENT_BUCKET": "content",
        "KEYRING_BUCKET": "keyring",
        **dict.fromkeys((*named, "SCHEDULE_GROUP", "SCHEDULE_ROLE_ARN"), "given"),
        **dict.fromkeys((*of_money, "STRIPE_KEY", "WEBHOOK_SECRET"), "given"),
        "STRIPE_MODE": "test",
        "AWS_REGION": "eu-central-1",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "POWERTOOLS_SERVICE_NAME": folder.name,
        "POWERTOOLS_METRICS_NAMESPACE": "Frontline",
    }
    command = [sys.executable, "-I", "-S", "-c", f"import json, sys\nsys.path.insert(0, {str(folder)!r})\n{code}"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", env=environment, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_the_built_function_starts_and_answers(built: Path) -> None:
    event = {"version": "2.0", "rawPath": "/api/nowhere", "rawQueryString": "", "headers": {}}
    event["requestContext"] = {"http": {"method": "GET", "path": "/api/nowhere"}}
    answer = _run(
        built, f"from functions.{built.name}.handler import handler\nprint(json.dumps(handler({event!r}, None)))"
    )
    assert answer["statusCode"] == 404
    assert answer["headers"]["content-type"] == "application/problem+json"


def _templates(*packages: str) -> list[str]:
    return sorted(path.name for package in packages for path in (ROOT / package / "templates").glob("*.html"))


def test_pages_are_rendered_by_templates_that_were_compiled_with_the_zip(tmp_path: Path) -> None:
    """One that is missing would show only when somebody asks for its page."""
    code = """
import jinja2, pathlib
jinja2.Environment.compile = None
from shared.site.html import Templates
found = Templates(pathlib.Path(sys.path[0]) / "functions" / "pages")._environment
print(json.dumps([found.get_template(name).name for name in %r]))
"""
    names = _templates("functions/pages", "shared/site")
    bundle("pages", tmp_path / "pages", _install_from_here)
    assert {"front.html", "base.html"} < set(names)
    assert _run(tmp_path / "pages", code % names) == names
    assert not list(tmp_path.rglob("*.html"))


def test_data_of_a_shared_package_come_with_whoever_imports_it(built: Path) -> None:
    shared = {path.relative_to(ROOT) for path in (ROOT / "shared/site/assets").iterdir()}
    shipped = {path.relative_to(built) for path in (built / "shared").rglob("*") if path.suffix in {".css", ".js"}}
    assert shared
    assert shipped == (shared if built.name == "pages" else set())


def test_the_built_publishing_function_starts_and_says_what_it_could_not_handle(publishing: Path) -> None:
    record = {"receiptHandle": "r", "attributes": {"ApproximateReceiveCount": "1"}}
    bodies = ("no event", '{"slug":"A"}')
    event = {"Records": [{**record, "messageId": str(i), "body": body} for i, body in enumerate(bodies)]}
    answer = _run(
        publishing, f"from functions.publishing.handler import handler\nprint(json.dumps(handler({event!r}, None)))"
    )
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}


def test_every_module_that_was_shipped_finds_what_it_imports(built: Path) -> None:
    """Ours must import. Of a package that was pruned, nothing may miss a part of that package (of optional companions
    that are not shipped, it may)."""
    code = """
import importlib, pathlib
root, missing = pathlib.Path(sys.path[0]), []
for top in ("functions", "shared", "aws_lambda_powertools"):
    for file in sorted((root / top).rglob("*.py")):
        module = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            if top != "aws_lambda_powertools" or error.name.startswith(top):
                missing.append([module, error.name])
print(json.dumps(missing))
"""
    assert _run(built, code) == []


def test_the_read_path_is_shipped_without_the_heavy_ones(built: Path) -> None:
    top = {path.name for path in built.iterdir() if path.suffix != ".dist-info"} - {"__pycache__"}
    of_pages = {"jinja2", "markupsafe"}
    assert top & of_pages in (set(), of_pages)
    assert top - of_pages == {
        "aws_lambda_powertools",
        "functions",
        "jmespath",
        "jwt",
        "msgspec",
        "obstore",
        "shared",
        "typing_extensions.py",
    }
    assert size(built) < sizes.LARGEST


def _services_of(function: str) -> set[str]:
    """The services that a function's role may ask, as botocore calls them."""
    role = f"{function.capitalize()}Role"
    actions = [action for each in statements(role) for action in listed(each["Action"])]
    # Lambda writes logs and traces itself; whether a role may be passed on is asked by AWS.
    asked = {action.partition(":")[0] for action in actions} - {"iam", "logs", "xray"}
    return {"sesv2" if name == "ses" else name for name in asked}


@pytest.mark.parametrize("function", BOTOCORE_SERVICES)
def test_a_function_comes_with_the_services_that_its_role_may_ask_and_no_others(function: str) -> None:
    assert set(BOTOCORE_SERVICES[function]) == _services_of(function)


def test_publishing_is_shipped_with_its_services_and_no_others(publishing: Path) -> None:
    code = """
import boto3
services = boto3.Session().get_available_services()
print(json.dumps([boto3.client(name, "eu-central-1").meta.service_model.service_name for name in services]))
"""
    assert set(_run(publishing, code)) == _services_of("publishing")
    assert size(publishing) < sizes.LARGEST


@pytest.fixture(scope="module")
def of_money(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The zip of a function of money, likewise."""
    folder = tmp_path_factory.mktemp("zips") / str(request.param)
    bundle(folder.name, folder, _install_from_here)
    return folder


OF_MONEY = pytest.mark.parametrize("of_money", ["contributions", "payments", "webhooks"], indirect=True)


@OF_MONEY
def test_a_function_of_money_starts_from_each_of_its_entries(of_money: Path) -> None:
    """Reconcile is another entry of payments."""
    shipped = {path.stem for path in (of_money / "functions" / of_money.name).glob("*handler.py")}
    assert shipped == {"handler", *(["reconcile_handler"] if of_money.name == "payments" else [])}
    modules = sorted(f"functions.{of_money.name}.{name}" for name in shipped)
    code = f"import importlib\nprint(json.dumps([importlib.import_module(n).__name__ for n in {modules!r}]))"
    assert _run(of_money, code) == modules
    named = [f"{of_money.name.capitalize()}Function", *(["ReconcileFunction"] if len(shipped) > 1 else [])]
    assert size(of_money) < min(sizes.LARGER.get(name, sizes.LARGEST) for name in named)


@OF_MONEY
def test_stripes_library_is_shipped_to_those_who_ask_stripe(of_money: Path) -> None:
    """Not to what strangers may call as often as they like, and has to be quick."""
    assert (of_money / "stripe").is_dir() is (of_money.name != "webhooks")


@pytest.mark.parametrize("of_money", ["payments"], indirect=True)
def test_of_stripes_library_everything_is_there_that_it_makes_of_an_answer(of_money: Path) -> None:
    """It loads classes and services by names made at run time, so that a missing one would show only when Stripe
    sends it."""
    code = """
import importlib, pathlib, stripe
from stripe._object_classes import OBJECT_CLASSES, get_object_class
root = pathlib.Path(sys.path[0])
names = [".".join(p.relative_to(root).with_suffix("").parts) for p in (root / "stripe").rglob("*.py")]
for name in names:
    importlib.import_module(name.removesuffix(".__init__"))
client = stripe.StripeClient("sk_test_1").v1
asked = [client.checkout.sessions, client.subscriptions, client.invoices, client.refunds, client.events]
print(json.dumps([len(names), len({get_object_class("V1", name) for name in OBJECT_CLASSES}), len(asked)]))
"""
    modules, classes, services = _run(of_money, code)
    assert modules > 300
    assert classes > 100
    assert services == 5


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious.pyi").touch()
    with pytest.raises(FileExistsError):
        bundle("articles", tmp_path, _install_from_here)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.pyi"]


def test_of_our_own_only_what_the_function_imports_is_shipped(built: Path) -> None:
    shipped = {path.relative_to(built) for top in ("functions", "shared") for path in (built / top).rglob("*.py")}
    needed = {path.relative_to(ROOT) for path in closure([f"functions.{built.name}.handler"], [ROOT])}
    shipped = {path for path in shipped if path.parent.name != "compiled"}  # made of templates, with the zip
    assert shipped == needed
    assert Path(f"functions/{built.name}/handler.py") in shipped
    assert not list((built / "functions").rglob("requirements.txt"))


def test_no_tests_stubs_or_installers_notes_are_shipped_but_every_licence_is(built: Path) -> None:
    names = {path.name for path in built.rglob("*")}
    assert not names & {"tests", "docs", "py.typed", "RECORD", "INSTALLER", "bin"}
    assert not [name for name in names if name.endswith((".pyi", ".pth"))]
    for folder in built.glob("*.dist-info"):
        assert (folder / "METADATA").is_file()
        declared = [
            name for name in metadata.distribution(folder.name.partition("-")[0]).files or () if "LICENSE" in name.name
        ]
        assert len(list(folder.rglob("*LICENSE*"))) == len(declared)


@ON_LAMBDAS_PYTHON
def test_every_source_has_its_compiled_file_which_lambda_believes_unread(built: Path) -> None:
    sources = list(built.rglob("*.py"))
    assert len(sources) > 50
    for source in sources:
        compiled = Path(importlib.util.cache_from_source(str(source)))
        head = compiled.read_bytes()[:8]
        # PEP 552: the magic number, then flags: 0b01 is hash-based, 0b11 would be checked against the source.
        assert head == importlib.util.MAGIC_NUMBER + (0b01).to_bytes(4, "little"), source


@ON_LAMBDAS_PYTHON
def test_compiled_files_name_lambdas_paths_and_no_path_of_the_builder(built: Path) -> None:
    """Python would otherwise correct every code object's path while it imports."""
    compiled = importlib.util.cache_from_source(str(built / f"functions/{built.name}/read.py"))
    code = marshal.loads(Path(compiled).read_bytes()[16:])  # noqa: S302 - we have just written it
    assert code.co_filename == f"{LAMBDA_FOLDER}/functions/{built.name}/read.py"


def test_another_python_builds_without_compiling_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _tree(tmp_path, {"a.py": "x = 1\n"})
    assert compile_for_lambda(tmp_path, (3, 11)) is False
    assert "NOT COMPILED: this is Python 3.11, Lambda's is 3.13" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["a.py"]


def test_the_locks_name_hashes_and_nowhere_to_get_things_from() -> None:
    for lock in [*ROOT.glob("functions/*/requirements.txt"), ROOT / "infra/build/requirements.txt"]:
        text = lock.read_text()
        assert "--hash=sha256:" in text, lock
        assert not re.search(r"https?://|file://|--(extra-)?index|--find-links", text), lock


def test_a_zip_that_has_grown_too_large_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "SmallFunction").mkdir()
    (tmp_path / "SmallFunction/a.bin").write_bytes(b"x" * 1000)
    assert sizes.main([str(tmp_path)]) == 0
    (tmp_path / "LargeFunction").mkdir()
    with (tmp_path / "LargeFunction/b.bin").open("wb") as file:
        file.truncate(sizes.LARGEST + 1)
    assert sizes.main([str(tmp_path)]) == 1
    assert "LargeFunction" in capsys.readouterr().err
