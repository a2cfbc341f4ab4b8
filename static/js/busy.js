// What of a moved visit's room and person is taken already, as far as the calendar shows it.
const blocks = (day) => [...document.querySelectorAll(`[data-column][data-day="${day}"] [data-rows]`)];

export function clear() {
  for (const block of document.querySelectorAll('.is-clash')) block.classList.remove('is-clash');
}

// The blocks in the way of the place where the visit is held; they are marked.
export function clashes({ column, row, rows, data }) {
  clear();
  const room = column.dataset.room ?? data.room;
  const person = column.dataset.person ?? data.person;
  const found = blocks(column.dataset.day).filter(({ dataset }) => {
    const start = Number(dataset.row);
    const overlaps = start < row + rows && row < start + Number(dataset.rows);
    const shares = (room && dataset.room === room) || (person && dataset.person === person);
    return overlaps && shares && dataset.visit !== data.visit;
  });
  for (const block of found) block.classList.add('is-clash');
  return found;
}

// How often room and person are taken on a day, in words.
export function taken(data, day) {
  const others = blocks(day).filter((block) => block.dataset.visit !== data.visit);
  return [['room', data.roomName], ['person', data.personName]].flatMap(([kind, name]) => {
    const count = data[kind] ? others.filter((block) => block.dataset[kind] === data[kind]).length : 0;
    return count ? [`${name}: ${count} taken`] : [];
  });
}
