// Shows what is typed as a password, and hides it again.
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-show]');
  if (!button) return;
  const input = document.getElementById(button.dataset.show);
  const isShown = input.type === 'text';
  input.type = isShown ? 'password' : 'text';
  button.setAttribute('aria-pressed', String(!isShown));
  input.focus();
});
