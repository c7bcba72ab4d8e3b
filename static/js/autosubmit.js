/* form[data-autosubmit]: a changed select, date, checkbox or radio applies the form at once. Text waits for Enter. */

document.addEventListener("change", (event) => {
  if (event.target.matches("select, [type=date], [type=checkbox], [type=radio]")) event.target.form?.matches("[data-autosubmit]") && event.target.form.requestSubmit();
});

/* Empty filters stay out of the address. */
addEventListener("formdata", (event) => {
  if (!event.target.matches("form.filters[method=get]")) return;
  for (const [name, value] of [...event.formData]) if (value === "") event.formData.delete(name);
});
