// esbuild gathers what is imported here into dist/panel.css.
declare module '*.css';
