import { ActionIcon, Autocomplete, FileButton, Loader, Tooltip } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconFile, IconUpload } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { filesQuery, useUpload } from '~/api/files'
import { ApiError } from '~/api/problem'
import { words } from '~/i18n'
import { formatBytes } from '~/ui/format'
import { useForm } from '../context'
import { FieldNote } from '../FieldNote'
import classes from '../forms.module.css'
import { asText, type ControlProps, placeholderOf } from './control'

const t = words.editor.form
const PAUSE_MS = 200

/** A path in the workspace: its files as they are there, found by any part of their path, or a new one put there. */
export function PathField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const text = asText(value)
  const [opened, setOpened] = useState(false)
  const [wanted] = useDebouncedValue(text.includes('{{') ? '' : text, PAUSE_MS)
  // A folder is looked into; other words are searched for everywhere.
  const folder = wanted === '' || wanted.endsWith('/')
  const found = useQuery({
    ...filesQuery(folder ? wanted : '', folder ? '' : wanted),
    enabled: opened && !readOnly,
    placeholderData: keepPreviousData,
  })
  const files = found.data?.items ?? []
  return (
    <>
      <div className={classes.row}>
        <Autocomplete
          id={ids.control}
          className={classes.grow}
          classNames={{ input: 'cm-mono' }}
          value={text}
          data={files.map((file) => file.path)}
          filter={({ options }) => options}
          renderOption={({ option }) => {
            const file = files.find((one) => one.path === option.value)
            return (
              <span className={classes.file}>
                <span className="cm-mono">{option.value}</span>
                {file?.bytes == null ? null : <span>{formatBytes(file.bytes)}</span>}
              </span>
            )
          }}
          placeholder={placeholderOf(field)}
          leftSection={<IconFile size={14} stroke={1.8} aria-hidden />}
          rightSection={opened && found.isFetching ? <Loader size={14} /> : null}
          readOnly={readOnly}
          aria-describedby={describedBy}
          error={invalid}
          spellCheck={false}
          autoComplete="off"
          maxDropdownHeight={280}
          limit={200}
          onDropdownOpen={() => setOpened(true)}
          onDropdownClose={() => setOpened(false)}
          onChange={(next) => onChange(next === '' ? undefined : next)}
        />
        {readOnly ? null : <Upload folder={folder ? wanted : ''} onDone={onChange} />}
      </div>
      {opened && found.data?.more ? <FieldNote>{t.moreFiles}</FieldNote> : null}
    </>
  )
}

interface UploadProps {
  folder: string
  onDone(path: string): void
}

/** Puts a file of this computer into the workspace; one that is there is replaced only when asked to. */
function Upload({ folder, onDone }: UploadProps) {
  const upload = useUpload()
  const [chosen, setChosen] = useState<File | null>(null)
  const put = (file: File | null, overwrite = false) => {
    if (!file) return
    setChosen(file)
    upload.mutate(
      { path: `${folder}${file.name}`, file, overwrite },
      { onSuccess: (made) => onDone(made.path) },
    )
  }
  const exists = upload.error instanceof ApiError && upload.error.code === 'file.exists'
  return (
    <div className={classes.upload}>
      <FileButton onChange={(file) => put(file)}>
        {(props) => (
          <Tooltip label={t.upload}>
            <ActionIcon {...props} size={30} aria-label={t.upload} loading={upload.isPending}>
              <IconUpload size={15} stroke={1.8} />
            </ActionIcon>
          </Tooltip>
        )}
      </FileButton>
      {upload.error ? (
        <FieldNote tone="error">
          {upload.error.message}{' '}
          {exists && chosen ? (
            <button type="button" className={classes.link} onClick={() => put(chosen, true)}>
              {t.replaceFile(`${folder}${chosen.name}`)}
            </button>
          ) : null}
        </FieldNote>
      ) : null}
    </div>
  )
}
