// The schedule of activities under the fingers: arrow keys walk the cells, the bar above says what
// the cell in hand is and sets its state, and a table pasted anywhere in it opens its preview.
// Without this, Tab walks, a press steps on, and tables have a page of their own.
const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };
const bar = document.querySelector('[data-bar]');
const part = (name) => bar.querySelector(`[data-bar-${name}]`);
const page = part('more').getAttribute('href').replace(/0\/0\/$/, '');
let inHand = '';

function neighbour(cell, [down, across]) {
  const { rows } = cell.closest('table');
  const column = cell.cellIndex + across;
  for (let at = cell.parentElement.rowIndex + down; rows[at]; at += down || rows.length) {
    const found = rows[at].cells[column];
    if (found?.classList.contains('soa-cell') && rows[at].offsetParent !== null) return found;
  }
  return null;
}

document.addEventListener('keydown', (event) => {
  const cell = event.target.closest?.('[data-matrix] .soa-cell');
  const step = steps[event.key];
  if (!cell || !step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  neighbour(cell, step)?.querySelector('.soa-tick').focus();
});

// An id is c<visit>-<procedure>; the value of a button ends with the state it shows.
function show(tick) {
  const [visit, procedure] = tick.id.slice(1).split('-');
  const { text, was } = tick.parentElement.dataset;
  const state = tick.value?.split('-')[2];
  const head = document.getElementById(`v${visit}`).querySelector('b').firstChild.textContent.trim();
  inHand = tick.id;
  part('name').textContent = `${head} · ${tick.closest('tr').cells[0].textContent.trim()}`;
  part('text').textContent = text ?? 'Not asked for';
  part('was').textContent = was ? `was: ${was}` : '';
  part('more').href = `${page}${visit}/${procedure}/`;
  part('states').hidden = state === undefined;
  for (const button of part('states').children) {
    button.value = `${visit}-${procedure}-${state}-${button.dataset.need}`;
    button.ariaPressed = String((state || 'none') === button.dataset.need);
  }
  bar.hidden = false;
}

document.addEventListener('focusin', ({ target }) => {
  const tick = target.closest?.('[data-matrix] .soa-tick');
  if (tick) show(tick);
});

document.addEventListener('htmx:afterSettle', () => {
  const tick = document.getElementById(inHand);
  if (tick) show(tick);
});

document.addEventListener('paste', (event) => {
  const text = event.clipboardData.getData('text/plain');
  if (!event.target.closest?.('[data-matrix]') || !text.includes('\t')) return;
  event.preventDefault();
  const form = document.querySelector('[data-paste]');
  form.elements.table.value = text;
  form.requestSubmit();
});
