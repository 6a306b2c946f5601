const plural = (n: number, one: string, many: string) => (n === 1 ? one : many)

const numberOps = {
  eq: 'is',
  ne: 'is not',
  lt: 'less than',
  le: 'at most',
  gt: 'more than',
  ge: 'at least',
  in: 'is one of',
  contains: 'contains',
  starts: 'starts with',
  ends: 'ends with',
  null: 'is missing',
  not_null: 'is there',
}
const timeOps = { ...numberOps, lt: 'before', le: 'until', gt: 'after', ge: 'from' }
const textOps = { ...numberOps, le: 'at most', ge: 'at least' }

/** What is said on a preview of data: tables with filters and charts, JSON, files. */
export const previews = {
  rowsOf: (matching: string, all: string, n: number) => `${matching} of ${all} ${plural(n, 'row', 'rows')}`,
  filtering: 'Filtering …',
  noneMatch: 'No row meets these conditions.',
  rowsFailed: 'Some rows could not be loaded',
  filterFailed: 'The rows could not be filtered',
  sortFailed: 'The rows could not be put in order',
  removeFilters: 'Remove filters',
  removeSort: 'Show without order',
  keys: 'Arrow keys move, Shift extends, Enter opens a cell, Ctrl+C copies',

  filter: 'Filter',
  addFilter: 'Add a filter',
  filters: 'Filters',
  filterColumn: 'Column',
  filterOp: 'Condition',
  filterValue: 'Value',
  filterValues: 'Values',
  filterValuesHint: 'Enter after each',
  filterApply: 'Apply filter',
  filterEdit: (text: string) => `Change the filter: ${text}`,
  filterRemove: (text: string) => `Remove the filter: ${text}`,
  filterMost: (n: number) => `There may be ${n} filters`,
  filterThis: (column: string) => `Filter ${column}`,
  yes: 'true',
  no: 'false',
  ops: {
    text: textOps,
    number: numberOps,
    time: timeOps,
    duration: numberOps,
    bool: numberOps,
    other: numberOps,
  } as Record<string, Record<string, string>>,
  placeholders: {
    text: 'Text',
    number: '0',
    time: '2024-03-01 or 2024-03-01T12:30',
    duration: '90s, 1.5h',
    bool: '',
    other: '',
  } as Record<string, string>,

  view: 'How to show the table',
  asRows: 'Rows',
  asChart: 'Chart',

  copyMenu: 'Copy',
  copyKeys: 'Ctrl+C',
  copySelection: 'Copy the selection',
  copyNamed: 'Copy with column names',
  copyRows: 'Copy whole rows',
  copySelectFirst: 'Select cells first: click or use the arrow keys',
  copyFailed: 'Nothing was copied',
  noClipboard: 'The browser allows no copying on this page: it has to come over HTTPS or from this computer.',
  copyTooMany: (n: string, most: string) =>
    `${n} rows are selected and ${most} can be copied at once. Select fewer, or download the table.`,
  copiedCell: 'Cell copied',
  copiedRows: (shown: string, rows: number, columns: number) =>
    `${shown} ${plural(rows, 'row', 'rows')} of ${columns} ${plural(columns, 'column', 'columns')} copied`,

  download: 'Download',
  downloadCsv: 'CSV',
  downloadParquet: 'Parquet',
  downloadAll: (rows: string) => `All ${rows} rows`,
  downloadMatching: (rows: string, n: number) => `${rows} matching ${plural(n, 'row', 'rows')}`,
  downloadFile: 'Download file',
  downloadJson: 'Download as JSON',
  downloadFailed: 'The download was refused',

  openCell: 'Open the cell',
  cellTitle: (column: string, row: string) => `${column}, row ${row}`,
  cellAsJson: 'Read as JSON',
  cellAsText: 'As text',
  cellSize: (n: string, count: number) => `${n} ${plural(count, 'character', 'characters')}`,
  resizeHint: 'Alt with the left and right arrow keys changes the width',

  columnMean: 'Mean',
  columnSpread: 'How the values spread',
  columnTop: 'Most frequent',
  columnOther: (values: string, n: number) => `${values} other ${plural(n, 'value', 'values')}`,
  columnAllRows: 'Of all rows, whatever the filters',
  onlyThis: (value: string) => `Only rows where it is ${value}`,

  chartX: 'Along',
  chartY: 'Shows',
  chartRows: 'Number of rows',
  chartAgg: 'As',
  chartAggs: { sum: 'Sum', mean: 'Mean', min: 'Smallest', max: 'Largest', count: 'Count' } as Record<
    string,
    string
  >,
  chartMark: 'Drawn as',
  chartBars: 'Bars',
  chartLine: 'Line',
  chartTable: 'Numbers',
  chartBins: 'Detail',
  chartBinsOf: (n: number) => `${n} steps`,
  chartFailed: 'The chart could not be drawn',
  chartPending: 'Counting …',
  chartNothing: 'No row has a value here.',
  chartNoColumns: 'No column of this table can be drawn.',
  chartTitle: (what: string, along: string) => `${what} along ${along}`,
  chartWhat: (agg: string, column: string) => `${agg} of ${column}`,
  chartSummary: (what: string, along: string, points: number, low: string, high: string) =>
    `${what} along ${along}: ${points} ${plural(points, 'point', 'points')}, from ${low} to ${high}. ` +
    'Left and right arrow keys go from one to the next.',
  chartRange: (from: string, to: string) => `${from} to ${to}`,
  chartNone: 'none',
  chartMissing: (n: string, count: number) =>
    `${n} ${plural(count, 'row', 'rows')} without a value ${plural(count, 'is', 'are')} left out.`,
  chartOthers: (values: string, n: number, rows: string, count: number) =>
    `${values} more ${plural(n, 'value', 'values')} with ${rows} ${plural(count, 'row', 'rows')}.`,
  chartFilter: 'Show these rows',
  chartCount: (n: string, count: number) => `${n} ${plural(count, 'row', 'rows')}`,

  jsonSearch: 'Search keys and values',
  jsonFound: (shown: string, n: number) => `${shown} ${plural(n, 'match', 'matches')}`,
  jsonFoundMany: (most: string) => `The first ${most} matches`,
  jsonNone: 'No match',
  jsonCopiedPath: (path: string) => `The path ${path} was copied`,
  jsonCopyPath: (path: string) => `Copy the path ${path}`,
}
