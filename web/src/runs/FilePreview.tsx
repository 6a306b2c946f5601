import { IconFile } from '@tabler/icons-react'
import { words } from '~/i18n'
import { CopyButton } from '~/ui/CopyButton'
import { formatBytes } from '~/ui/format'
import classes from './FilePreview.module.css'

interface FilePreviewProps {
  file: { path: string; name: string; bytes: number; media_type: string }
}

/** A file output: where it lies and how large it is. */
export function FilePreview({ file }: FilePreviewProps) {
  const t = words.runs
  return (
    <div className={classes.card}>
      <IconFile size={28} stroke={1.4} aria-hidden className={classes.icon} />
      <dl className={classes.facts}>
        <dt>{t.file}</dt>
        <dd>
          <strong>{file.name}</strong>
        </dd>
        <dt>{t.filePath}</dt>
        <dd>
          <code>{file.path}</code> <CopyButton text={file.path} />
        </dd>
        <dt>{t.fileSize}</dt>
        <dd>{formatBytes(file.bytes)}</dd>
        <dt>{t.fileType}</dt>
        <dd>{file.media_type}</dd>
      </dl>
    </div>
  )
}
