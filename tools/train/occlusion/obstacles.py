"""Things that are not masks, drawn in front of the lower face: open hands, cups, phones.

They are used for fitting only. Evaluation uses only the drawings of `painting.py`, whose shapes
differ.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.train.occlusion.painting import Cover, Painted, Painter

_PLACES = (51, 57, 62, 33, 8, 4, 12)
"""Points of mouth, nose and chin on which things are drawn."""

_SKINS = ((241, 200, 175), (224, 172, 140), (198, 134, 98), (141, 85, 54), (92, 58, 40))
_FINGERS = 4
_ROUND = np.linspace(0, 2 * np.pi, 28, endpoint=False)


class ObstaclePainter(Painter):
    """Draws obstacles; see Painter."""

    def palm(self) -> Painted:
        """An open hand: a palm, fingers together or spread, and usually a thumb."""
        lot = self._lot
        place, along, aside = self._frame()
        size = lot.uniform(0.35, 0.65)
        along, aside = along * size, aside * size
        cover = self._polygon(
            [place + np.cos(t) * 0.6 * along + np.sin(t) * 0.55 * aside for t in _ROUND]
        )
        gaps = np.zeros_like(cover)
        spread = lot.uniform(0.0, 0.35)
        width = size * lot.uniform(0.2, 0.27)
        for finger in np.arange(_FINGERS) - (_FINGERS - 1) / 2:
            root = place + 0.35 * along + aside * 0.27 * finger
            tip = root + (along + aside * spread * finger) * lot.uniform(0.75, 1.15)
            cover = np.maximum(cover, self._lines([(root, tip)], width))
            edge = aside * 0.135
            gaps = np.maximum(gaps, self._lines([(root + edge, tip + edge)], 0.02))
        if lot.random() < 0.7:
            side = aside * float(lot.choice([-1, 1]))
            thumb = (place + 0.4 * side, place + 0.95 * side + 0.5 * along)
            cover = np.maximum(cover, self._lines([thumb], width * 1.1))
        wrist = (place, place - along * lot.uniform(0.8, 2.5))
        cover = np.maximum(cover, self._lines([wrist], size * 0.75))
        skin = self._skin()
        if lot.random() < 0.4:
            tone = np.array(_SKINS[int(lot.integers(len(_SKINS)))], float)
            skin = tuple((tone * lot.uniform(0.7, 1.1)).clip(0, 255))
        layer = self._cloth(skin) * (1 - lot.uniform(0.1, 0.4) * gaps[..., None])
        return self._laid(layer, cover)

    def thing(self) -> Painted:
        """A cup, a phone, a microphone or a ball, plain, shaded, striped or with a pattern."""
        shapes = (self._cup, self._phone, self._microphone, self._ball)
        cover = shapes[int(self._lot.integers(len(shapes)))]()
        return self._laid(self._surface(), cover)

    def _frame(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """A place, and two perpendicular vectors as long as the distance between the eyes."""
        lot = self._lot
        place = self._points[int(lot.choice(_PLACES))] + lot.normal(0, 0.15, 2) * self._unit
        turn = lot.uniform(0, 2 * np.pi)
        along = np.array([np.cos(turn), np.sin(turn)]) * self._unit
        return place, along, np.array([-along[1], along[0]])

    def _cup(self) -> Cover:
        lot = self._lot
        place, _, _ = self._frame()
        wide, high = self._across * lot.uniform(0.2, 0.5), self._down * self._unit
        top, bottom = place - high * lot.uniform(0.1, 0.3), place + high * lot.uniform(0.5, 1.2)
        narrow = wide * lot.uniform(0.6, 1.0)
        return self._polygon([top - wide, top + wide, bottom + narrow, bottom - narrow])

    def _phone(self) -> Cover:
        lot = self._lot
        place, along, aside = self._frame()
        along, aside = along * lot.uniform(0.4, 0.9), aside * lot.uniform(0.2, 0.4)
        return self._polygon(
            [
                place - along - aside,
                place - along + aside,
                place + along + aside,
                place + along - aside,
            ]
        )

    def _microphone(self) -> Cover:
        lot = self._lot
        place, along, aside = self._frame()
        size = lot.uniform(0.12, 0.3)
        head = [place + (np.cos(t) * along + np.sin(t) * aside) * size for t in _ROUND]
        rod = self._lines([(place, place + self._down * self._unit * 2 + aside * 0.5)], size * 1.2)
        return np.maximum(self._polygon(head), rod)

    def _ball(self) -> Cover:
        lot = self._lot
        place, along, aside = self._frame()
        long, wide = lot.uniform(0.15, 0.5, 2)
        return self._polygon(
            [place + np.cos(t) * along * long + np.sin(t) * aside * wide for t in _ROUND]
        )

    def _surface(self) -> NDArray[np.float64]:
        lot = self._lot
        choice = lot.random()
        if choice < 0.3:
            return self._pattern()
        one, other = lot.uniform(0, 255, (2, 3))
        height, width = self._pixels.shape[:2]
        y, x = np.mgrid[:height, :width] / self._unit
        turn = lot.uniform(0, 2 * np.pi)
        run = np.cos(turn) * x + np.sin(turn) * y
        if choice < 0.6:
            share = (run - run.min()) / (run.max() - run.min())
        else:
            share = (np.sin(run * lot.uniform(8, 40)) > 0).astype(float)
        layer = one + (other - one) * share[..., None]
        grainy: NDArray[np.float64] = layer + lot.normal(0, lot.uniform(0, 8), layer.shape)
        return grainy
