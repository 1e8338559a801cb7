#!/bin/sh
# Builds both images with the container engine that is here: deploy/image/build.sh [further arguments of the engine].
# ENGINE chooses one of several engines, and REGISTRY begins the names of the images.
set -eu
cd "$(dirname "$0")/../.."

# docker's program is there without its service on some machines.
works() {
    case $1 in
    docker) docker info ;;
    *) "$1" version ;;
    esac >/dev/null 2>&1
}

for engine in ${ENGINE:-docker podman buildah}; do
    case $engine in
    docker) build="docker build" ;;
    # Their own format, OCI's, has no place for the health check.
    podman | buildah) build="$engine build --format docker" ;;
    *) echo "images: ENGINE is $engine, and must be docker, podman or buildah" >&2 && exit 1 ;;
    esac
    works "$engine" && break
    build=
done
if [ -z "$build" ]; then
    echo "images: no ${ENGINE:-docker, podman or buildah} works here: install one and start it" >&2
    exit 1
fi

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
for role in gateway renderer; do
    set -x
    $build --target "$role" --tag "${REGISTRY:+$REGISTRY/}marquee/$role" --file deploy/image/Dockerfile \
        --build-arg "REVISION=$revision" "$@" .
    { set +x; } 2>/dev/null
done
