"""The scenes, one per title, by the name that its pictures carry."""

from deploy.demo.art.scene import Scene
from deploy.demo.art.scenes import adventures, avantgarde, comedians, expressionists, serials

SCENES: dict[str, Scene] = (
    adventures.SCENES | avantgarde.SCENES | comedians.SCENES | expressionists.SCENES | serials.SCENES
)

__all__ = ["SCENES"]
