const MIME = 'application/x-concertmaster-node'

/** While something is dragged over a page, the page may not read what: the type is kept here too. */
let onTheWay: string | null = null

/** A node type on its way from the palette to the canvas. */
export function startDrag(transfer: DataTransfer, type: string): void {
  onTheWay = type
  transfer.setData(MIME, type)
  transfer.setData('text/plain', type)
  transfer.effectAllowed = 'copy'
}

export function endDrag(): void {
  onTheWay = null
}

/** The type that is being dragged from the palette of this page. */
export const typeOnTheWay = (): string | null => onTheWay

export const draggedType = (transfer: DataTransfer): string | null => transfer.getData(MIME) || null
