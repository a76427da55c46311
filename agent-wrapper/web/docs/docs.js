// swagger-ui-bundle.js was loaded before this one. It asks nobody else to validate the document.
globalThis.SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  displayRequestDuration: true,
  validatorUrl: null,
});
