#!/bin/sh
# Builds the programs of a small Kubernetes into a folder: deploy/dev/chart/build_kubernetes.sh FOLDER, an absolute path.
# They are etcd, API server, controller manager, scheduler, and kwok for nodes and pods, from the modules that
# kubernetes/go.mod names, with the hashes in go.sum: eleven minutes of processor time. Nothing is built if all are in
# the folder that KUBEBUILDER_ASSETS names, on PATH, or in FOLDER since go.mod last changed.
set -eu
folder=$1
modules=$(dirname "$0")/kubernetes
[ "$modules/go.mod" -nt "$folder" ] && rm -rf "$folder"
found=true
for program in etcd kube-apiserver kube-controller-manager kube-scheduler kwok; do
    PATH=${KUBEBUILDER_ASSETS:-}:$folder:$PATH command -v "$program" >/dev/null || found=false
done
$found && exit 0
if ! command -v go >/dev/null; then
    echo "chart-live: there is no Go to build Kubernetes with, and no program of it in KUBEBUILDER_ASSETS" >&2
    exit 0 # the tests say why they are skipped
fi
version=$(sed -n 's/^\tk8s.io\/kubernetes v//p' "$modules/go.mod")
echo "chart-live: building Kubernetes $version, once; this takes minutes"
rm -rf "$folder.new"
mkdir -p "$folder.new"
package=k8s.io/component-base/version
major=${version%%.*} minor=${version#*.}
CGO_ENABLED=0 GOFLAGS=-buildvcs=false go build -C "$modules" -trimpath -o "$folder.new/" \
    -ldflags "-s -w -X $package.gitVersion=v$version -X $package.gitMajor=$major -X $package.gitMinor=${minor%%.*}" tool
mv "$folder.new/server" "$folder.new/etcd" # Go names a program after its module
mv "$folder.new" "$folder"
