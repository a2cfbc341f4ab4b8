// Typed days: once read they stand in the one format, and below it the weekday or what is wrong.
// Beside each opens the calendar of the browser. Without this the day is read when the form is sent.
const echo = (input) => document.getElementById(`${input.id}-echo`);

async function read(input) {
  const typed = input.value;
  const place = echo(input);
  if (!typed.trim()) return place.replaceChildren();
  const answer = await fetch(`/day/?text=${encodeURIComponent(typed)}`).catch(() => null);
  if (!answer?.ok || input.value !== typed) return undefined;
  const { shown = typed, said, error } = await answer.json();
  input.value = shown;
  return place.replaceChildren(error ?? said);
}

function choose(input) {
  const calendar = Object.assign(document.createElement('input'), { type: 'date', className: 'visually-hidden', tabIndex: -1 });
  calendar.setAttribute('aria-hidden', 'true');
  input.after(calendar);
  calendar.addEventListener('change', () => {
    input.value = calendar.value;
    input.dispatchEvent(new Event('change', { bubbles: true }));
    input.focus();
  });
  calendar.addEventListener('blur', () => calendar.remove());
  calendar.showPicker();
}

const uncover = (within) => within.querySelectorAll('[data-calendar]').forEach((button) => { button.hidden = false; });

document.addEventListener('change', (event) => {
  if (event.target.matches('input[data-day]')) read(event.target);
});
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-calendar]');
  if (button) choose(document.getElementById(button.dataset.calendar));
});
document.addEventListener('htmx:load', (event) => uncover(event.target));
uncover(document);
