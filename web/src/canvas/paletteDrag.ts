const MIME = 'application/x-concertmaster-node'

/** A node type on its way from the palette to the canvas. */
export function startDrag(transfer: DataTransfer, type: string): void {
  transfer.setData(MIME, type)
  transfer.setData('text/plain', type)
  transfer.effectAllowed = 'copy'
}

export const draggedType = (transfer: DataTransfer): string | null => transfer.getData(MIME) || null
