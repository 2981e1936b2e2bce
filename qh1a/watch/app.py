"""The terminal view: Textual widgets around `pages`."""

from collections.abc import Awaitable, Callable
from typing import ClassVar, Final

from rich.text import Text
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Input, Static

from qh1a.config.texts import Texts
from qh1a.link import LinkLostError
from qh1a.tick import State
from qh1a.units import NS_PER_S
from qh1a.watch.model import About, Source, StrangeError, Watched, view_of
from qh1a.watch.pages import PAGES, WIDTH, alarm_line, body, footer, header

SILENT_NS: Final = 3 * NS_PER_S
"""Without a state for so long what is shown is not live."""
BEAT_S: Final = 0.25


class WatchApp(App[None]):
    """A running session on a terminal of 80x24 or more. It shows, and asks for nothing but a fault.

    `wall_ns` is monotonic: by it, and a timer of its own, the view notices that nothing comes any more.
    `inject` sends a fault as somebody typed it, and gives what is said to it; without it there is no asking.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = f"""
    Static {{ width: {WIDTH}; }}
    #header, #alarm, #footer {{ height: 1; width: {WIDTH + 1}; }}
    #header.lost {{ text-style: reverse bold; }}
    #ask {{ display: none; height: 1; border: none; width: {WIDTH + 1}; }}
    #ask.open {{ display: block; }}
    #body {{ scrollbar-size-vertical: 1; }}
    #body.lost {{ text-style: dim; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(page.key, f"page({at})", page.name) for at, page in enumerate(PAGES)),
        Binding("i", "ask", "inject"),
        Binding("escape", "leave", "leave"),
        Binding("q,ctrl+c", "quit", "quit"),
    ]

    def __init__(
        self,
        source: Source,
        about: About,
        texts: Texts,
        wall_ns: Callable[[], int],
        inject: Callable[[str], Awaitable[str]] | None = None,
    ) -> None:
        super().__init__(ansi_color=True)
        self._source, self._texts, self._wall_ns = source, texts, wall_ns
        self._watched = Watched(about)
        self._page = PAGES[0]
        self._inject = inject
        self._heard_ns = wall_ns()
        self.lost = ""
        """Why no more states come, though the session has not ended."""

    def compose(self) -> ComposeResult:
        """Header, alarm line, page and keys; the first two and the last never scroll."""
        yield Static(id="header", markup=False)
        yield Static(id="alarm", markup=False)
        with VerticalScroll(id="body"):
            yield Static(id="page", markup=False)
        yield Input(id="ask", placeholder="NAME [MAGNITUDE], or end:NAME; Esc leaves")
        yield Static(id="footer", markup=False)

    def on_mount(self) -> None:
        """Begin to listen, and to notice silence."""
        self.run_worker(self._listen())
        self.set_interval(BEAT_S, self.beat)
        self._show()

    async def _listen(self) -> None:
        try:
            while True:
                view = view_of(await self._source.state())
                self._heard_ns = self._wall_ns()
                self._watched = self._watched.then(view)
                self._show()
        except (LinkLostError, StrangeError) as error:
            self.lost = "" if self._ended() else str(error)
            self._show()

    def _ended(self) -> bool:
        view = self._watched.view
        return view is not None and view.session.state is State.ENDED

    def beat(self) -> None:
        """Say how old the state is, and that it is not live."""
        silent_ns = self._wall_ns() - self._heard_ns
        ended = self._ended()
        silent = silent_ns >= SILENT_NS
        live = ended or not (self.lost or silent)
        how = "lost" if self.lost else "silent" if silent else "ok"
        link = "over" if ended else f"link {how} {silent_ns / NS_PER_S:.1f} s"
        text = header(self._watched, link, live=live)
        line = self.query_one("#header", Static)
        line.update(text.ljust(WIDTH + 1)[: WIDTH + 1])
        line.set_class(not live, "lost")
        self.query_one("#body").set_class(not live, "lost")

    def _show(self) -> None:
        self.beat()
        text, style = alarm_line(self._watched, self._texts)
        self.query_one("#alarm", Static).update(Text(text, style))
        self.query_one("#page", Static).update(body(self._watched, self._page, self._texts))
        self.query_one("#footer", Static).update(footer(self._page))

    def action_page(self, at: int) -> None:
        """Show a page from its top."""
        self._page = PAGES[at]
        self.query_one("#body").scroll_home(animate=False)
        self._show()

    def action_ask(self) -> None:
        """Open the line in which a fault is typed."""
        if self._inject is not None:
            self.query_one("#ask").set_class(True, "open")
            self.query_one("#ask").focus()

    def action_leave(self) -> None:
        """Close it again."""
        self.query_one("#ask").set_class(False, "open")
        self.query_one("#body").focus()

    async def on_input_submitted(self, typed: Input.Submitted) -> None:
        """Send what was typed, and say what became of it where it stood."""
        if self._inject is None or not typed.value.strip():
            return
        answer = await self._inject(typed.value)
        typed.input.value = ""
        typed.input.placeholder = answer
