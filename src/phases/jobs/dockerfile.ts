/**
 * A Dockerfile of an image for exported steps: the program, what its commands need (bash, git), and the workspace.
 * @param version of the program that the image gets
 */
export const dockerfile = (
  version: string,
): string => `# An image for the steps of exported Jobs: flux-local and this workspace.
#   docker build --tag registry.example/bootstrap:1 .
#   flux-local phase export --image registry.example/bootstrap:1
# Leave out with a .dockerignore what steps do not read: .git, .flux-local-cache, node_modules.
FROM node:22-bookworm-slim
RUN apt-get update \\
 && apt-get install --yes --no-install-recommends bash ca-certificates git \\
 && rm -rf /var/lib/apt/lists/* \\
 && install --directory --owner=1000 --group=1000 /workspace
# A packed archive in the workspace does as well: --build-arg FLUX_LOCAL=./flux-local-${version}.tgz
ARG FLUX_LOCAL=flux-local@${version}
WORKDIR /workspace
COPY --chown=1000:1000 . .
RUN npm install --global "$FLUX_LOCAL"
# Of the node image; a number, so that runAsNonRoot can be checked.
USER 1000
CMD ["flux-local", "phase", "run", "bootstrap"]
`;
