"""Where the tests find things, and what they skip with a word."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


@pytest.fixture(scope="session")
def dossier() -> Path:
    """The tables that the curated data were imported from."""
    if not (SHARED / "dossier").is_dir():
        pytest.skip("the dossier's tables are not in this checkout")
    return SHARED / "dossier"


@pytest.fixture(scope="session")
def seed_page() -> Path:
    """The text of the seed page."""
    if not (SHARED / "seed").is_dir():
        pytest.skip("the seed page's text is not in this checkout")
    return next((SHARED / "seed").glob("*.txt"))


@pytest.fixture(scope="session")
def real_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that holds one release of the project's own facts, with the example queries."""
    from loader.build import build
    from loader.places import facts
    from server.queries import published_examples

    home = tmp_path_factory.mktemp("home")
    build(facts(), home, published_examples())
    return home
