import { IconFile } from '@tabler/icons-react'
import type { FileOutput } from '~/api/types'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { formatBytes } from '~/ui/format'
import classes from './FilePreview.module.css'

/** A file output: where it lies and how large it is. */
export function FilePreview({ file }: { file: FileOutput }) {
  const t = words.runs
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
      </dl>
    </div>
  )
}
