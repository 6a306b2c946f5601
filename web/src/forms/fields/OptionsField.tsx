import { Autocomplete, Loader } from '@mantine/core'
import { words } from '~/i18n'
import { useForm } from '../context'
import classes from '../forms.module.css'
import { type OptionsState, optionsOf, useOptions } from '../options'
import { asText, type ControlProps, placeholderOf } from './control'

/** A text with options; what is offered helps, and any other text may be typed. */
export function OptionsField({ field, value, onChange, ids, describedBy, invalid }: ControlProps) {
  const { readOnly } = useForm()
  const options = useOptions(optionsOf(field.schema))
  return (
    <>
      <Autocomplete
        id={ids.control}
        data={dataOf(options)}
        filter={({ options: given, search }) =>
          options.searched
            ? given
            : given.filter((item) => 'value' in item && fits(options, item.value, search))
        }
        value={asText(value)}
        placeholder={placeholderOf(field)}
        rightSection={options.loading ? <Loader size={14} /> : null}
        readOnly={readOnly}
        aria-describedby={describedBy}
        error={invalid}
        spellCheck={false}
        maxDropdownHeight={260}
        limit={200}
        onDropdownOpen={options.open}
        onChange={(next) => {
          options.search(options.items.some((item) => item.value === next) ? '' : next)
          onChange(next === '' ? undefined : next)
        }}
        renderOption={({ option }) => labelOf(options, option.value)}
      />
      <OptionsNote options={options} />
    </>
  )
}

/** Said below the field: why there are no options, or that there are more. */
export function OptionsNote({ options }: { options: OptionsState }) {
  if (options.error)
    return (
      <div className={classes.problem} data-severity="warning" role="status">
        {options.error}
      </div>
    )
  return options.more ? <div className={classes.help}>{words.editor.form.moreOptions}</div> : null
}

const dataOf = (options: OptionsState) => [...new Set(options.items.map((item) => item.value))]

const labelOf = (options: OptionsState, value: string) =>
  options.items.find((item) => item.value === value)?.label ?? value

/** What is chosen already narrows nothing. */
const fits = (options: OptionsState, value: string, search: string) =>
  options.items.some((item) => item.value === search) || value.toLowerCase().includes(search.toLowerCase())
