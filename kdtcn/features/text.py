"""Text vectors by latent semantic analysis (Deerwester et al. 1990), fitted anew in every fold."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from safetensors.numpy import load, save
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from threadpoolctl import threadpool_limits

from kdtcn.errors import InputError

MAX_FITTED = 40_000  # a sample of this many headlines gives the same directions as all of them, in bounded time


@dataclass(frozen=True)
class TextVectors:
    """words -> (dim,) vectors of about unit variance; a text's vector is the tf-idf mean of its words' vectors."""

    vectorizer: TfidfVectorizer
    components: np.ndarray  # (n_words, dim) float32

    @property
    def dim(self) -> int:
        return int(self.components.shape[1])

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """(len(texts), dim) float32; zeros where no word is known."""
        projected = np.asarray(self.vectorizer.transform(texts) @ self.components, np.float32)
        length = np.linalg.norm(projected, axis=1, keepdims=True)
        return projected / np.where(length > 0, length, 1) * np.float32(np.sqrt(self.dim))

    def save(self) -> bytes:
        words = self.vectorizer.get_feature_names_out().tolist()
        tensors = {"components": self.components, "idf": np.asarray(self.vectorizer.idf_, np.float64)}
        return save(tensors, {"words": json.dumps(words)})

    @classmethod
    def load(cls, data: bytes) -> "TextVectors":
        """The inverse of save; safetensors, never pickle."""
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        tensors = load(data)
        words = json.loads(header["__metadata__"]["words"])
        vectorizer = _vectorizer(None, words).fit(words[:1])  # any text: the words are given, and the weights follow
        vectorizer.idf_ = tensors["idf"]
        return cls(vectorizer, tensors["components"])


def fit(texts: Sequence[str], *, dim: int, max_features: int, seed: int = 0) -> TextVectors:
    """Fit on texts that were known at the fold's cut. InputError where there are too few words."""
    if len(texts) > MAX_FITTED:
        chosen = np.sort(np.random.default_rng(seed).choice(len(texts), MAX_FITTED, replace=False))
        texts = [texts[i] for i in chosen]
    vectorizer = _vectorizer(max_features, None)
    try:
        matrix = vectorizer.fit_transform(texts)
    except ValueError:
        raise InputError(f"text vectors: {len(texts)} headlines before the cut have no word twice; import more news") from None
    dim = min(dim, matrix.shape[1] - 1)
    if dim < 1:
        raise InputError(f"text vectors: only {matrix.shape[1]} words before the cut; import more news")
    with threadpool_limits(1):  # sums in the same order on every machine: equal inputs give equal vectors
        svd = TruncatedSVD(dim, random_state=seed, n_iter=4).fit(matrix)
    return TextVectors(vectorizer, svd.components_.T.astype(np.float32))


def _vectorizer(max_features: int | None, vocabulary: list[str] | None) -> TfidfVectorizer:
    return TfidfVectorizer(
        lowercase=True,
        strip_accents="unicode",
        token_pattern=r"(?u)[^\W_]+|[%$€£]",
        sublinear_tf=True,
        min_df=1 if vocabulary else 2,
        max_features=max_features,
        vocabulary=vocabulary,
    )
