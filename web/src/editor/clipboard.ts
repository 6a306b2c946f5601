/** The clipboard of the browser, which may be closed: by a permission, or because the page came over plain HTTP. */

/** What was copied last in this page, for a clipboard that takes and gives nothing. */
let copied: string | null = null

/** False when the browser takes it neither way; then it can still be pasted in this page. */
export async function copyText(text: string): Promise<boolean> {
  copied = text
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyByEvent(text)
  }
}

/** The way of old, which needs no permission: a copy event that carries our text. */
function copyByEvent(text: string): boolean {
  let taken = false
  const carry = (event: ClipboardEvent) => {
    event.clipboardData?.setData('text/plain', text)
    event.preventDefault()
    taken = true
  }
  document.addEventListener('copy', carry, { once: true })
  document.execCommand('copy')
  document.removeEventListener('copy', carry)
  return taken
}

/** Null when the browser does not let it be read and nothing was copied here. */
export async function readText(): Promise<string | null> {
  try {
    return (await navigator.clipboard.readText()) || copied
  } catch {
    return copied
  }
}

/** What a paste event brings, or what was copied here when it brings nothing. */
export const pastedText = (event: ClipboardEvent): string =>
  event.clipboardData?.getData('text/plain') || copied || ''
