"""Earlier sessions with events like those of one session: event types and entities, weighted by how rare they were until then."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix

LOOK_BACK = 1000  # sessions, about four years: what was rare or frequent in living memory
TERMS = 4  # what two sessions share that is named


@dataclass(frozen=True)
class Alike:
    """An earlier session: the cosine of the two, and the terms that make most of it."""

    session: pd.Timestamp
    cosine: float
    shared: tuple[str, ...]


@dataclass(frozen=True)
class Likeness:
    """Terms of the events of sessions in order of time.

    mentions: session, term, label; a row for each event type and each entity of an event. A term's weight in a session is
    (1 + log count) * log(n / n with the term) over the sessions before the one asked about (Salton, Buckley 1988), so that
    neither later sessions nor that one itself tell what was rare.
    """

    sessions: pd.DatetimeIndex
    mentions: pd.DataFrame

    @cached_property
    def _counted(self) -> tuple[csr_matrix, np.ndarray]:
        """(n_sessions, n_terms) of 1 + log count, and the labels of the terms."""
        rows = self.mentions[self.mentions["session"].isin(self.sessions)]
        terms = rows.drop_duplicates("term").sort_values("term")
        at = self.sessions.get_indexer(pd.DatetimeIndex(rows["session"]))
        column = pd.Index(terms["term"]).get_indexer(rows["term"])
        counts = csr_matrix((np.ones(len(rows)), (at, column)), shape=(len(self.sessions), len(terms)))
        counts.sum_duplicates()
        counts.data = 1 + np.log(counts.data)
        return counts, terms["label"].to_numpy(object)

    def of(self, session: pd.Timestamp, n: int = 5) -> tuple[Alike, ...]:
        """The n most similar of the LOOK_BACK sessions before this one, most similar first; those that share nothing left out."""
        counts, labels = self._counted
        at = int(self.sessions.get_indexer(pd.DatetimeIndex([session]))[0])
        first = max(0, at - LOOK_BACK)
        if at <= 0 or counts[at].nnz == 0:
            return ()
        before = counts[first:at]
        there = np.bincount(before.indices, minlength=before.shape[1])
        # a term that no session before has says nothing of them; one more of each keeps its weight finite
        idf = np.log((1 + before.shape[0]) / (1 + there))
        mine = (counts[at].toarray()[0]) * idf
        weighted = before.multiply(idf).tocsr()
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel()) * np.sqrt((mine**2).sum())
        cosine = np.divide(weighted @ mine, length, out=np.zeros(len(length)), where=length > 0)
        order = np.lexsort((-np.arange(len(cosine)), -cosine))[:n]  # of two as similar, the later one
        return tuple(
            Alike(self.sessions[first + row], float(cosine[row]), _shared(weighted[row], mine, labels))
            for row in order
            if cosine[row] > 0
        )


def mentions(events: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Rows of `Likeness.mentions` from events (event_id, session, event_type) and links (event_id, entity_id, label)."""
    typed = events.loc[events["event_type"].fillna("") != "", ["session", "event_type"]]
    types = pd.DataFrame(
        {"session": typed["session"], "term": "type:" + typed["event_type"], "label": typed["event_type"].str.replace("_", " ")}
    )
    named = links[["event_id", "entity_id", "label"]].drop_duplicates(["event_id", "entity_id"])
    named = named.merge(events[["event_id", "session"]], on="event_id")
    entities = pd.DataFrame({"session": named["session"], "term": "entity:" + named["entity_id"], "label": named["label"]})
    return pd.concat([types, entities], ignore_index=True)


def _shared(row: csr_matrix, mine: np.ndarray, labels: Sequence[str] | np.ndarray) -> tuple[str, ...]:
    parts = row.multiply(mine).tocoo()
    order = np.lexsort((parts.col, -parts.data))[:TERMS]
    return tuple(str(labels[parts.col[k]]) for k in order if parts.data[k] > 0)
