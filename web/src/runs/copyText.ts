import { notifications } from '@mantine/notifications'
import { words } from '~/i18n'

const t = words.previews

/** Put a text on the clipboard and say so, or why not. */
export async function copyText(text: string, done: string): Promise<void> {
  // Browsers have none on a page that came over plain HTTP from elsewhere.
  if (!navigator.clipboard) {
    notifications.show({ color: 'red', title: t.copyFailed, message: t.noClipboard })
    return
  }
  try {
    await navigator.clipboard.writeText(text)
    notifications.show({ message: done })
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    notifications.show({ color: 'red', title: t.copyFailed, message })
  }
}
