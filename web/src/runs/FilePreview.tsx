import { Button } from '@mantine/core'
import { IconDownload, IconFile } from '@tabler/icons-react'
import type { OutputRequest } from '~/api/outputs'
import type { FileOutput } from '~/api/types'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { formatBytes } from '~/ui/format'
import classes from './FilePreview.module.css'
import { useDownload } from './table/useDownload'

/** A file output: where it lies and how large it is; the file itself to be saved. */
export function FilePreview({ file, source }: { file: FileOutput; source: OutputRequest }) {
  const t = words.runs
  const { start, busy } = useDownload(source)
  return (
    <div className={classes.card}>
      <IconFile size={28} stroke={1.4} aria-hidden className={classes.icon} />
      <dl className={classes.facts}>
        <dt>{t.file}</dt>
        <dd>
          <strong>{file.name}</strong>
        </dd>
        {file.path ? (
          <>
            <dt>{t.filePath}</dt>
            <dd>
              <code>{file.path}</code> <CopyButton text={file.path} />
            </dd>
          </>
        ) : null}
        <dt>{t.fileSize}</dt>
        <dd>{formatBytes(file.bytes)}</dd>
        <dt>{t.fileType}</dt>
        <dd>{file.media_type}</dd>
        <dd className={classes.action}>
          <Button
            variant="default"
            leftSection={<IconDownload size={14} aria-hidden />}
            loading={busy}
            onClick={() => void start('raw')}
          >
            {words.previews.downloadFile}
          </Button>
        </dd>
      </dl>
    </div>
  )
}
