"""A profanity filter. Moderators keep a list of words: some are refused, milder ones are masked. Who has written too many
of the former is put out.

Its settings, in the server's configuration:

    [plugin.profanity_filter_python]
    moderators = "6a1c1b1e-0000-4000-8000-000000000001"     # their user ids, with commas
    offences = "3"                                          # so many refused messages of a session end it
"""

import json
import logging
import re
from typing import Literal, TypedDict

from meadhall import (
    ChannelMessageSend,
    ChannelMessageUpdate,
    Condition,
    Context,
    Event,
    ObjectId,
    PluginError,
    Put,
    ReadPermission,
    WritePermission,
    before,
    event,
    metrics,
    rpc,
    session,
    session_end,
    session_start,
    storage,
)

WORDS = ObjectId("profanity", "words")
WORD = re.compile(r"\w+")
log = logging.getLogger("profanity")

Treatment = Literal["refuse", "mask"]


class Word(TypedDict):
    """What a moderator says of a word; with no treatment it is forgotten."""

    word: str
    treatment: Treatment | None


@before("ChannelMessageSend")
def review_message(ctx: Context, req: ChannelMessageSend) -> None:
    req.content = reviewed(ctx, req.content)


@before("ChannelMessageUpdate")
def review_change(ctx: Context, req: ChannelMessageUpdate) -> None:
    req.content = reviewed(ctx, req.content)


@rpc("profanity.set")
def set_word(ctx: Context, word: Word) -> dict[str, Treatment]:
    """Puts a word on the list, or takes it off, and returns the list."""
    moderators = [it.strip() for it in ctx.config.get("moderators", "").split(",")]
    if ctx.user_id not in moderators:
        raise PluginError.permission_denied("only moderators choose words")
    if not WORD.fullmatch(word["word"]):
        raise PluginError.invalid_argument(f"{word['word']!r} is not one word")
    found = storage.get(WORDS)
    words: dict[str, Treatment] = found.value if found else {}
    if word["treatment"] is None:
        words.pop(word["word"].lower(), None)
    else:
        words[word["word"].lower()] = word["treatment"]
    # Two moderators at once: the second is told to try again, and nothing is lost.
    only_if = Condition.version(found.version) if found else Condition.absent()
    storage.write([Put(WORDS, words, only_if, ReadPermission.NONE, WritePermission.NONE)])
    return words


@event
def count_offence(ctx: Context, told: Event) -> None:
    """Counts what was refused, and ends the session of who goes on."""
    if told.name != "profanity":
        return
    metrics.counter_add("refused_messages")
    tally = ObjectId("profanity_offences", told.properties["session_id"])
    found = storage.get(tally)
    count = (found.value["count"] if found else 0) + 1
    storage.put(tally, {"count": count})
    if count >= int(ctx.config.get("offences", "3")):
        session.disconnect(told.properties["session_id"], "too many refused words")


@session_start
def arrived(ctx: Context, told: Event) -> None:
    log.info("%s arrived", ctx.username)


@session_end
def left(ctx: Context, told: Event) -> None:
    """What was counted of a session is over with it."""
    if ctx.session_id:
        storage.delete([ObjectId("profanity_offences", ctx.session_id)])
    log.info("%s left: %s", ctx.username, told.properties.get("reason") or "of their own accord")


def reviewed(ctx: Context, content: str) -> str:
    """A message's content with its milder words masked."""
    found = storage.get(WORDS)
    words: dict[str, Treatment] = found.value if found else {}
    refused, masked = review(content, words)
    if refused:
        if ctx.session_id:
            event.emit("profanity", {"word": refused, "session_id": ctx.session_id})
        raise PluginError.permission_denied(f'your message was not sent: "{refused}" is not welcome here')
    return masked


def review(content: str, words: dict[str, Treatment]) -> tuple[str | None, str]:
    """The first word that is refused, and the content with its milder words masked. Only texts count: what else is in the
    JSON stays."""
    try:
        message = json.loads(content)
    except ValueError:
        return None, content  # for the server to refuse
    text = message.get("text") if isinstance(message, dict) else None
    if not isinstance(text, str):
        return None, content
    for word in WORD.findall(text):
        if words.get(word.lower()) == "refuse":
            return word.lower(), content
    masked = WORD.sub(lambda word: "*" * len(word[0]) if words.get(word[0].lower()) == "mask" else word[0], text)
    return None, content if masked == text else json.dumps({**message, "text": masked}, ensure_ascii=False)
