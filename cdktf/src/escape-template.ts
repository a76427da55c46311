/**
 * A text as Terraform's templates have to write it, so that it arrives as it is: `${` and `%{` begin what they would compute.
 * Tokens of CDKTF, which are such a computation, stay.
 */
export function escapeTemplate(text: string): string {
  return text.replaceAll(/[$%](?=\{)(?!\{TfToken\[)/g, "$&$&");
}
