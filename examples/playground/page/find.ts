/** The element of the page with this id, of the class that the caller counts on. */
export function find<T extends Element>(id: string, type: new () => T): T {
  const found = document.getElementById(id);
  if (found instanceof type) return found;
  throw new Error(`#${id} is ${found ? `a ${found.tagName}` : 'missing'}; ${type.name} was expected`);
}
