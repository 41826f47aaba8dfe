// Monaco runs its language services in workers. They come from this site's own
// bundle, so that the page asks no other site for anything.
const files = __WORKERS__;

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = files[label] ?? files.editor;
    return new Worker(new URL(file, import.meta.url), { name: label });
  },
};
