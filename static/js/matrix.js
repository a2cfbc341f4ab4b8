// Arrow keys walk the cells of the schedule of activities; without this, Tab does.
const steps = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] };

document.addEventListener('keydown', (event) => {
  const cell = event.target.closest?.('[data-matrix] td.soa-cell');
  const step = steps[event.key];
  if (!cell || !step || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  const [down, across] = step;
  let row = cell.parentElement;
  const column = cell.cellIndex + across;
  do {
    row = down > 0 ? row.nextElementSibling : down < 0 ? row.previousElementSibling : row;
  } while (down && row && !row.cells[column]?.classList.contains('soa-cell'));
  row?.cells[column]?.querySelector('.soa-tick')?.focus();
});
