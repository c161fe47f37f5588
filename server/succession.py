"""Which release is served: the current one, until another is published; then that one, without a request dropped."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator

from loader.errors import ReleaseError, SarcographError
from loader.release import Release
from server.site import Site

_INTERVAL = 1.0  # seconds between two looks at which release is current

Open = Callable[[Release], Awaitable[Site]]


class _Tenure:
    """A site that is or was the current one, and how many requests it still has to answer."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.visits = 0
        self.over = False
        self.empty = asyncio.Event()

    def leave(self) -> None:
        self.visits -= 1
        if self.over and not self.visits:
            self.empty.set()


class Succession:
    """The site of the current release. `open_site` makes the site of another, with workers that are ready."""

    def __init__(self, site: Site, open_site: Open) -> None:
        self._now = _Tenure(site)
        self._open_site = open_site
        self._retiring: set[asyncio.Task[None]] = set()
        self._retired: set[Site] = set()
        self._refused = ""  # the version of a release that cannot be served
        self._told = ""

    @property
    def site(self) -> Site:
        """The site of the current release."""
        return self._now.site

    @contextlib.contextmanager
    def visit(self) -> Iterator[Site]:
        """The site that answers a request, from its begin to its end: its workers stay as long."""
        tenure = self._now
        tenure.visits += 1
        try:
            yield tenure.site
        finally:
            tenure.leave()

    async def watch(self) -> None:
        """Look again and again which release is current, and serve that."""
        while True:
            await asyncio.sleep(_INTERVAL)
            await self.look()

    async def look(self) -> None:
        """Serve the release that is current now. Where that cannot be done, tell it once and go on as before."""
        release = None
        try:
            release = self.site.shelf.current()
            if release.version in (self.site.release.version, self._refused):
                return
            site = await self._open_site(release)
        except SarcographError as error:
            if isinstance(error, ReleaseError) and release:
                self._refused = release.version
            if str(error) != self._told:
                print(f"sarcograph: {self.site.release.version} is served on: {error}", file=sys.stderr)
            self._told = str(error)
            return
        self._refused = self._told = ""
        self._hand_over(site)
        print(f"Sarcograph {site.release.version}", flush=True)

    def _hand_over(self, site: Site) -> None:
        """From now on requests are answered by `site`; the workers of the one before end with its last answer."""
        before, self._now = self._now, _Tenure(site)
        before.over = True
        if not before.visits:
            before.empty.set()
        task = asyncio.get_running_loop().create_task(self._retire(before))
        self._retired.add(before.site)
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def _retire(self, tenure: _Tenure) -> None:
        await tenure.empty.wait()
        await tenure.site.pool.close()
        self._retired.discard(tenure.site)

    async def close(self) -> None:
        """End all workers. Safe to call twice."""
        for site in [self.site, *self._retired]:
            await site.pool.close()
