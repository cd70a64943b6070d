// Light and dark.

const THEMES = ["system", "light", "dark"];

/** `button` changes the theme; `onChange` is called when the page's colours have changed. */
export function initTheme(button, onChange) {
  const setTheme = (theme) => {
    document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    localStorage.theme = theme;
    onChange();
  };
  button.onclick = () => setTheme(THEMES[(THEMES.indexOf(document.documentElement.dataset.theme) + 1) % THEMES.length]);
  setTheme(THEMES.includes(localStorage.theme) ? localStorage.theme : "system");
  matchMedia("(prefers-color-scheme: dark)").onchange = onChange;
}
