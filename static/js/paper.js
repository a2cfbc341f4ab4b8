// Pages made for paper: a button that prints them, beside the keys of the browser.
for (const button of document.querySelectorAll('[data-paper]')) {
  button.hidden = false;
  button.addEventListener('click', () => window.print());
}
