import { notifications } from '@mantine/notifications'
import { useState } from 'react'
import { download } from '~/api/download'
import { type FileFormat, type OutputRequest, outputFileUrl } from '~/api/outputs'
import { words } from '~/i18n'

/** What has the browser save an output; a refusal is told in full. */
export function useDownload(source: OutputRequest) {
  const [busy, setBusy] = useState(false)
  const start = async (format: FileFormat) => {
    setBusy(true)
    try {
      await download(outputFileUrl(source, format))
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      notifications.show({
        color: 'red',
        title: words.previews.downloadFailed,
        message,
        autoClose: false,
      })
    } finally {
      setBusy(false)
    }
  }
  return { start, busy }
}
