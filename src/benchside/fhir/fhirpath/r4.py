from benchside.fhir.fhirpath.model import TypeModel
MODEL=[]
def r4_model() -> TypeModel: return MODEL[0]
