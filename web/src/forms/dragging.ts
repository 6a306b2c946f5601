/** Names that are dragged from data onto fields, and the way of the keyboard to the same: one door for both. */

export const PATH_TYPE = 'application/x-concertmaster-path'
export const COLUMN_TYPE = 'application/x-concertmaster-column'

/** A place in the data that came in. */
export interface Carried {
  kind: 'path' | 'column'
  /** `input.city`, or the name of a column. */
  name: string
}

const INSERT = 'concertmaster-insert'

export const expressionOf = (path: string): string => `{{ ${path} }}`

/** How a part of a value is named: `input.city`, `input['two words']`, `input[0]`. */
export function pathTo(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`
  if (/^[A-Za-z_]\w*$/.test(key)) return `${path}.${key}`
  return `${path}['${key.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}']`
}

export function carry(transfer: DataTransfer, carried: Carried): void {
  transfer.setData(carried.kind === 'path' ? PATH_TYPE : COLUMN_TYPE, carried.name)
  // What a code editor puts where it is dropped.
  transfer.setData('text/plain', carried.kind === 'path' ? expressionOf(carried.name) : carried.name)
  transfer.effectAllowed = 'copy'
}

/** While it hangs in the air only the kind can be seen. */
export const carriedKind = (transfer: DataTransfer): Carried['kind'] | null =>
  transfer.types.includes(PATH_TYPE) ? 'path' : transfer.types.includes(COLUMN_TYPE) ? 'column' : null

export function carriedBy(transfer: DataTransfer): Carried | null {
  const kind = carriedKind(transfer)
  return kind && { kind, name: transfer.getData(kind === 'path' ? PATH_TYPE : COLUMN_TYPE) }
}

/** The fields on the page that take what is carried, in their order. */
export function targetsFor(kind: Carried['kind']): { label: string; insert(carried: Carried): void }[] {
  const fields = [...document.querySelectorAll<HTMLElement>(`[data-takes~="${kind}"]`)]
  return fields.map((field) => ({
    label: field.dataset.label ?? '',
    insert: (carried) => {
      field.dispatchEvent(new CustomEvent<Carried>(INSERT, { detail: carried }))
      field.scrollIntoView({ block: 'nearest' })
    },
  }))
}

/** For a field: hear of what is put into it from elsewhere. */
export function onInsert(field: HTMLElement, take: (carried: Carried) => void): () => void {
  const hear = (event: Event) => take((event as CustomEvent<Carried>).detail)
  field.addEventListener(INSERT, hear)
  return () => field.removeEventListener(INSERT, hear)
}
