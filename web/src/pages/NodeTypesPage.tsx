export function NodeTypesPage() {
  return <h1>NodeTypes</h1>
}
