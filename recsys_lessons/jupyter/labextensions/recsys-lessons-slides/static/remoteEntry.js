// The slides of jupyterlab-rise have no consoles and do not share JupyterLab's module for them. The widgets of
// ipywidgets name it and therefore do not start there. They use one thing of it, the token of an optional
// service. So share a module with such a token, where there is none; nobody provides the service, as in any
// application without consoles. In JupyterLab itself this does nothing.
const name = "@jupyterlab/console";
const module = { IConsoleTracker: { name: `${name}:IConsoleTracker` } };
(window._JUPYTERLAB ??= {})["recsys-lessons-slides"] = {
  init: (shared) => {
    shared[name] ??= {
      "4.0.0": { get: async () => () => module, loaded: true, from: "recsys-lessons-slides", eager: false },
    };
  },
  get: async () => () => ({ default: [] }),
};
